"""Which things have the words that somebody asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, column, func, literal_column, select, table
from sqlalchemy.orm import Session

from itsm.infra.search.model import SearchDocument
from itsm.infra.search.words import terms
from itsm.infra.search.writing import is_postgres


def matching(session: Session, kind: str, asked: str, *, internal: bool = False) -> Select[Any] | None:
    """Return a select of the subject ids whose document has all the terms; None where the text has no words."""
    wanted = terms(asked)
    if not wanted:
        return None
    return _postgres(kind, wanted, internal) if is_postgres(session) else _sqlite(kind, wanted, internal)


def few(session: Session, kind: str, asked: str, *, internal: bool = False, most: int = 500) -> list[int] | None:
    """Return the ids of all things that match where they are at most ``most``; None where there are more.

    PostgreSQL believes that no beginning of a word is rare, and would walk half of a list to find the three rows that
    match. Few ids, given to it outright, are looked up instead; many are found by walking. One statement.
    """
    found = matching(session, kind, asked, internal=internal)
    if found is None:
        return []
    ids = list(session.scalars(found.limit(most + 1)))
    return ids if len(ids) <= most else None


_FTS = table("search_fts", column("rowid"), column("kind"), column("subject_id"), column("vector"))


def _postgres(kind: str, wanted: list[list[str]], internal: bool) -> Select[Any]:
    weights = "" if internal else "AB"
    query = " & ".join(
        "("
        + " <-> ".join([*(f"'{w}':{weights}" if weights else f"'{w}'" for w in term[:-1]), f"'{term[-1]}':*{weights}"])
        + ")"
        for term in wanted
    )
    asked = func.to_tsquery(literal_column("'simple'::regconfig"), query)
    return select(_FTS.c.subject_id).where(_FTS.c.kind == kind, _FTS.c.vector.op("@@")(asked))


def _sqlite(kind: str, wanted: list[list[str]], internal: bool) -> Select[Any]:
    phrases = " AND ".join(f'"{" ".join(term)}"*' for term in wanted)
    asked = phrases if internal else f"{{title body}}: ({phrases})"
    rows = select(_FTS.c.rowid).where(literal_column("search_fts").op("MATCH")(asked))
    return select(SearchDocument.subject_id).where(SearchDocument.kind == kind, SearchDocument.id.in_(rows))
