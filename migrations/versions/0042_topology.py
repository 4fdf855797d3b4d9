"""Topology

Revision ID: 0042_topology
Revises: 0040_identity
"""

import sqlalchemy as sa
from alembic import op

revision = '0042_topology'
down_revision = '0040_identity'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tagged', sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column('lag', sa.String(length=200), nullable=True))

    op.create_table('station',
    sa.Column('id', BIG, nullable=False),
    sa.Column('organization_id', BIG, nullable=False),
    sa.Column('mac', sa.String(length=17), nullable=False),
    sa.Column('place_id', BIG, nullable=False),
    sa.Column('port', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('asset_id', BIG, nullable=True),
    sa.Column('vlan', sa.Integer(), nullable=True),
    sa.Column('address', sa.String(length=45), nullable=True),
    sa.Column('ssid', sa.String(length=64), nullable=True),
    sa.Column('signal', sa.Integer(), nullable=True),
    sa.Column('told_name', sa.String(length=200), nullable=True),
    sa.Column('told_model', sa.String(length=200), nullable=True),
    sa.Column('maker', sa.String(length=120), nullable=True),
    sa.Column('since_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_station_asset_id_asset'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_station_organization_id_organization')),
    sa.ForeignKeyConstraint(['place_id'], ['asset.id'], name=op.f('fk_station_place_id_asset'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_station')),
    sa.UniqueConstraint('organization_id', 'mac', name=op.f('uq_station_organization_id_mac'))
    )
    with op.batch_alter_table('station', schema=None) as batch_op:
        batch_op.create_index('ix_station_asset', ['asset_id'], unique=False)
        batch_op.create_index('ix_station_place', ['place_id', 'port'], unique=False)

    op.create_table('telling',
    sa.Column('id', BIG, nullable=False),
    sa.Column('organization_id', BIG, nullable=False),
    sa.Column('asset_id', BIG, nullable=False),
    sa.Column('sighting_id', BIG, nullable=True),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_telling_asset_id_asset'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_telling_organization_id_organization')),
    sa.ForeignKeyConstraint(['sighting_id'], ['sighting.id'], name=op.f('fk_telling_sighting_id_sighting'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_telling')),
    sa.UniqueConstraint('asset_id', name=op.f('uq_telling_asset_id'))
    )
    with op.batch_alter_table('telling', schema=None) as batch_op:
        batch_op.create_index('ix_telling_organization_id', ['organization_id', 'asset_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_telling_sighting_id'), ['sighting_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('telling', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_telling_sighting_id'))
        batch_op.drop_index('ix_telling_organization_id')

    op.drop_table('telling')
    with op.batch_alter_table('station', schema=None) as batch_op:
        batch_op.drop_index('ix_station_place')
        batch_op.drop_index('ix_station_asset')

    op.drop_table('station')
    with op.batch_alter_table('interface', schema=None) as batch_op:
        batch_op.drop_column('lag')
        batch_op.drop_column('tagged')
