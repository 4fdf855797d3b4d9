"""How many questions a second may go into one subnet of a network

Revision ID: 0055_subnet_pace
Revises: 0054_sweep_reasons
"""

import sqlalchemy as sa
from alembic import op
revision = '0055_subnet_pace'
down_revision = '0054_sweep_reasons'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('network', sa.Column('subnet_pace', sa.Integer(), server_default='400', nullable=False))


def downgrade() -> None:
    op.drop_column('network', 'subnet_pace')
