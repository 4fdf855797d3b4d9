"""The job engine's tables

They are not models: the job engine owns their shape. See itsm/infra/jobs/schema.py.

Revision ID: 0003_jobs
Revises: 0002_assets
"""

from alembic import op

from itsm.infra.jobs import schema

revision = '0003_jobs'
down_revision = '0002_assets'
branch_labels = None
depends_on = None


def upgrade() -> None:
    schema.upgrade(op.get_bind())


def downgrade() -> None:
    schema.drop(op.get_bind())
