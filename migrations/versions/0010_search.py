"""The full-text search: documents, and an index of their words

Revision ID: 0010_search
Revises: 0003_jobs
"""

import sqlalchemy as sa
from alembic import op

revision = '0010_search'
down_revision = '0003_jobs'
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE VIRTUAL TABLE search_fts USING fts5(title, body, internal, content='search_document', content_rowid='id',
       tokenize="unicode61 remove_diacritics 2", prefix='2 3')""",
)

POSTGRESQL = (
    """CREATE TABLE search_fts (
       id bigint PRIMARY KEY REFERENCES search_document (id) ON DELETE CASCADE,
       kind varchar(20) NOT NULL, subject_id bigint NOT NULL, vector tsvector NOT NULL)""",
    "CREATE INDEX ix_search_fts_vector ON search_fts USING gin (vector)",
    "CREATE UNIQUE INDEX uq_search_fts_subject ON search_fts (kind, subject_id)",
)


def upgrade() -> None:
    op.create_table(
        'search_document',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('internal', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_search_document')),
        sa.UniqueConstraint('kind', 'subject_id', name=op.f('uq_search_document_kind_subject_id')),
    )
    op.create_index('ix_search_document_at', 'search_document', ['kind', 'at', 'subject_id'], unique=False)
    for statement in POSTGRESQL if op.get_bind().dialect.name == 'postgresql' else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP TABLE search_fts")
    op.drop_index('ix_search_document_at', table_name='search_document')
    op.drop_table('search_document')
