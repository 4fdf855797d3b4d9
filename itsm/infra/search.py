"""Full-text search: one document a thing, written in the transaction that changes the thing, found at once.

The text is folded here (lower case, accents and punctuation off), so that both databases see the same words and
neither needs an extension. The index itself, ``search_fts``, is kept by triggers on ``search_document``: an FTS5 table
on SQLite, a tsvector with a GIN index on PostgreSQL. This module is the only place that knows which.

A document has three parts: ``title``, ``body`` (for everybody who may see the thing) and ``internal`` (for those who
may also see what is internal to it). Whether somebody may see the thing is the caller's where clause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, Select, String, Text, UniqueConstraint, column, func, literal_column, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from itsm.infra.db import Base, Id

MOST_BYTES: Final = 300_000
"""How much of a part is indexed: a tsvector holds 1 MB at most."""
MOST_TERMS: Final = 12
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


class SearchDocument(Base):
    """The words of one thing, folded. ``at`` is the moment by which results are ordered."""

    __tablename__ = "search_document"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index("ix_search_document_at", "kind", "at", "subject_id"))

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    internal: Mapped[str] = mapped_column(Text, default="")


def fold(text: str) -> str:
    """Return the words of a text in the form in which they are compared: lower case, without accents and signs."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(word[:100] for word in _WORD.findall(bare))


def write(
    session: Session, kind: str, subject_id: int, *, at: datetime, title: str, body: str = "", internal: str = ""
) -> None:
    """Store the document of a thing, replacing an older one."""
    values: dict[str, Any] = {
        "at": at,
        "title": _bounded(fold(title)),
        "body": _bounded(fold(body)),
        "internal": _bounded(fold(internal)),
    }
    insert = postgresql.insert if _is_postgres(session) else sqlite.insert
    statement = insert(SearchDocument).values(kind=kind, subject_id=subject_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=values))


def append(session: Session, kind: str, subject_id: int, *, at: datetime, body: str = "", internal: str = "") -> None:
    """Add words to the document of a thing; what does not fit any more is left out. Without a document nothing happens."""
    document = session.execute(
        select(SearchDocument).filter_by(kind=kind, subject_id=subject_id).with_for_update()
    ).scalar_one_or_none()
    if document is None:
        return
    document.at = at
    if body:
        document.body = _bounded(f"{document.body} {fold(body)}")
    if internal:
        document.internal = _bounded(f"{document.internal} {fold(internal)}")
    session.flush()


def remove(session: Session, kind: str, subject_ids: Iterable[int]) -> None:
    """Forget the documents of things."""
    doomed = SearchDocument.__table__.delete().where(
        SearchDocument.kind == kind, SearchDocument.subject_id.in_(list(subject_ids))
    )
    session.execute(doomed)


def terms(text: str) -> list[list[str]]:
    """Return what was asked for: a list of terms, each the words that must follow one another.

    ``SN-ABC/1`` is one term of three words; the last word of each term may be the beginning of a longer one.
    """
    found = [fold(part).split() for part in text[:400].split()]
    return [term for term in found if term][:MOST_TERMS]


def matching(session: Session, kind: str, text: str, *, internal: bool = False) -> Select[Any] | None:
    """Return a select of the subject ids whose document has all the terms; None where the text has no words."""
    wanted = terms(text)
    if not wanted:
        return None
    return _postgres(kind, wanted, internal) if _is_postgres(session) else _sqlite(kind, wanted, internal)


_FTS = table("search_fts", column("rowid"), column("kind"), column("subject_id"), column("vector"))


def _postgres(kind: str, wanted: list[list[str]], internal: bool) -> Select[Any]:
    weights = "" if internal else "AB"
    query = " & ".join(
        "(" + " <-> ".join([*(f"'{w}':{weights}" if weights else f"'{w}'" for w in term[:-1]), f"'{term[-1]}':*{weights}"]) + ")"
        for term in wanted
    )
    asked = func.to_tsquery(literal_column("'simple'::regconfig"), query)
    return select(_FTS.c.subject_id).where(_FTS.c.kind == kind, _FTS.c.vector.op("@@")(asked))


def _sqlite(kind: str, wanted: list[list[str]], internal: bool) -> Select[Any]:
    phrases = " AND ".join(f'"{" ".join(term)}"*' for term in wanted)
    asked = phrases if internal else f"{{title body}}: ({phrases})"
    rows = select(_FTS.c.rowid).where(literal_column("search_fts").op("MATCH")(asked))
    return select(SearchDocument.subject_id).where(SearchDocument.kind == kind, SearchDocument.id.in_(rows))


def _bounded(text: str) -> str:
    text = text.strip()
    if len(text) * 4 <= MOST_BYTES:
        return text
    return text.encode()[:MOST_BYTES].decode(errors="ignore")


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
