"""Errands of probes, suspicions that were joined, refusals of accounts, sightings sent back

An errand is a part without a sweep, so going back takes errands away: whoever asked them has had his answer.

Revision ID: 0053_errands
Revises: 0052_guard
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # noqa: F401 - autogenerate writes Text() for JSONB variants
from sqlalchemy.dialects import postgresql
revision = '0053_errands'
down_revision = '0052_guard'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('credential', schema=None) as batch_op:
        batch_op.add_column(sa.Column('refusals', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('refused_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('insight_look', schema=None) as batch_op:
        batch_op.add_column(sa.Column('part_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(batch_op.f('ix_insight_look_part_id'), ['part_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_insight_look_part_id_sweep_part'), 'sweep_part', ['part_id'], ['id'], ondelete='SET NULL')

    with op.batch_alter_table('insight_suspect', schema=None) as batch_op:
        batch_op.add_column(sa.Column('joined_into_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(batch_op.f('ix_insight_suspect_joined_into_id'), ['joined_into_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_insight_suspect_joined_into_id_insight_suspect'), 'insight_suspect', ['joined_into_id'], ['id'])

    with op.batch_alter_table('insight_suspect_ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('joined_from_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_insight_suspect_ticket_joined_from_id_insight_suspect'), 'insight_suspect', ['joined_from_id'], ['id'], ondelete='CASCADE')

    with op.batch_alter_table('sweep_part', schema=None) as batch_op:
        batch_op.add_column(sa.Column('errand', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('answer', sa.LargeBinary(), nullable=True))
        batch_op.alter_column('sweep_id',
               existing_type=sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
               nullable=True)
        batch_op.create_check_constraint(batch_op.f('ck_sweep_part_is_of_something'), 'sweep_id IS NOT NULL OR probe_id IS NOT NULL')


    with op.batch_alter_table('sighting_match', schema=None) as batch_op:
        batch_op.add_column(sa.Column('decided_with_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index(batch_op.f('ix_sighting_match_decided_with_id'), ['decided_with_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_sighting_match_decided_with_id_sighting_match'), 'sighting_match', ['decided_with_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('sighting_match', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_sighting_match_decided_with_id_sighting_match'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_sighting_match_decided_with_id'))
        batch_op.drop_column('decided_with_id')

    op.execute("DELETE FROM sweep_part WHERE sweep_id IS NULL")
    with op.batch_alter_table('sweep_part', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_sweep_part_is_of_something'), type_='check')
        batch_op.alter_column('sweep_id',
               existing_type=sa.BigInteger().with_variant(sa.Integer(), 'sqlite'),
               nullable=False)
        batch_op.drop_column('answer')
        batch_op.drop_column('errand')

    with op.batch_alter_table('insight_suspect_ticket', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_insight_suspect_ticket_joined_from_id_insight_suspect'), type_='foreignkey')
        batch_op.drop_column('joined_from_id')

    with op.batch_alter_table('insight_suspect', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_insight_suspect_joined_into_id_insight_suspect'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_insight_suspect_joined_into_id'))
        batch_op.drop_column('joined_into_id')

    with op.batch_alter_table('insight_look', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_insight_look_part_id_sweep_part'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_insight_look_part_id'))
        batch_op.drop_column('part_id')

    with op.batch_alter_table('credential', schema=None) as batch_op:
        batch_op.drop_column('refused_at')
        batch_op.drop_column('refusals')
