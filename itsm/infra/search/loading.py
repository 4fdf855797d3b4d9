"""Indexing what a bulk load wrote as documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from itsm.infra.search.model import SearchDocument
from itsm.infra.search.writing import VECTORS, is_postgres


@contextmanager
def loading(session: Session) -> Iterator[Callable[[], None]]:
    """Index what a bulk load writes as documents only: whenever the function that is given is called, and at the end.

    Building the word index once, after its rows, is several times cheaper than growing it row by row.
    """
    if not is_postgres(session):
        yield lambda: None
        session.execute(text("INSERT INTO search_fts(search_fts) VALUES ('rebuild')"))
        return
    session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    session.execute(text("DROP INDEX ix_search_fts_vector"))
    newest = select(func.coalesce(func.max(SearchDocument.id), 0))
    after = int(session.scalar(newest) or 0)

    def take() -> None:
        nonlocal after
        taken = f"INSERT INTO search_fts (id, kind, subject_id, vector) {VECTORS} search_document WHERE id > :after"
        session.execute(text(taken), {"after": after})
        after = int(session.scalar(newest) or 0)

    yield take
    take()
    session.execute(text("CREATE INDEX ix_search_fts_vector ON search_fts USING gin (vector)"))
