"""What nothing may ever ask

Revision ID: 0052_guard
Revises: 0051_insight
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = '0052_guard'
down_revision = '0051_insight'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('discovery_exclusion',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organization_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ranges', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], name=op.f('fk_discovery_exclusion_by_id_person')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_discovery_exclusion_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_discovery_exclusion'))
    )
    with op.batch_alter_table('discovery_exclusion', schema=None) as batch_op:
        batch_op.create_index('ix_discovery_exclusion_live', ['organization_id', 'ended_at'], unique=False)


def downgrade() -> None:
    op.drop_table('discovery_exclusion')
