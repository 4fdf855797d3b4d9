"""Full-text search: one document a thing, written in the transaction that changes the thing, found at once.

The text is folded here (lower case, accents and punctuation off), so that both databases see the same words and
neither needs an extension. The index itself, ``search_fts``, is an FTS5 table on SQLite and a tsvector with a GIN index
on PostgreSQL. This module is the only place that knows which. (Triggers could keep it, but SQLite forbids them to
write to virtual tables while the schema is not trusted, and we do not trust it.)

A document has three parts: ``title``, ``body`` (for everybody who may see the thing) and ``internal`` (for those who
may also see what is internal to it). Whether somebody may see the thing is the caller's where clause.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Index,
    Select,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from itsm.infra.db import Base, Id

MOST_BYTES: Final = 300_000
"""How much of a part is indexed: a tsvector holds 1 MB at most."""
MOST_TERMS: Final = 12
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


class SearchDocument(Base):
    """The words of one thing, folded. ``at`` is the moment by which results are ordered."""

    __tablename__ = "search_document"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_search_document_at", "kind", "at", "subject_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    internal: Mapped[str] = mapped_column(Text, default="")


def fold(words: str) -> str:
    """Return the words of a text in the form in which they are compared: lower case, without accents and signs."""
    if words.isascii():
        return " ".join(word[:100] for word in _WORD.findall(words.lower()))
    plain = unicodedata.normalize("NFKD", words.lower().translate(_LETTERS))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(word[:100] for word in _WORD.findall(bare))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one thing, as they are: ``internal`` only for those who may see what is internal to it."""

    subject_id: int
    title: str
    body: str = ""
    internal: str = ""


def write(
    session: Session, kind: str, subject_id: int, *, at: datetime, title: str, body: str = "", internal: str = ""
) -> None:
    """Store the document of a thing, replacing an older one."""
    write_many(session, kind, [Words(subject_id, title, body, internal)], at=at)


def write_many(session: Session, kind: str, things: Sequence[Words], *, at: datetime) -> None:
    """Store the documents of many things, replacing older ones, in four statements for all of them."""
    if not things:
        return
    wanted = [one.subject_id for one in things]
    rows = select(SearchDocument).where(SearchDocument.kind == kind, SearchDocument.subject_id.in_(wanted))
    known = {row.subject_id: row for row in session.scalars(rows.order_by(SearchDocument.id).with_for_update())}
    _forget(session, list(known.values()))
    documents = []
    for one in things:
        document = known.get(one.subject_id)
        if document is None:
            document = known[one.subject_id] = SearchDocument(kind=kind, subject_id=one.subject_id)
            session.add(document)
        document.at = at
        document.title = _bounded(fold(one.title))
        document.body = _bounded(fold(one.body))
        document.internal = _bounded(fold(one.internal))
        documents.append(document)
    _index(session, documents)


def append(
    session: Session, kind: str, subject_id: int, *, at: datetime, title: str = "", body: str = "", internal: str = ""
) -> None:
    """Add words to the document of a thing, or replace its ``title``; what does not fit any more is left out.

    Without a document nothing happens.
    """
    document = _document(session, kind, subject_id)
    if document is None:
        return
    _forget(session, [document])
    document.at = at
    if title:
        document.title = _bounded(fold(title))
    if body:
        document.body = _bounded(f"{document.body} {fold(body)}")
    if internal:
        document.internal = _bounded(f"{document.internal} {fold(internal)}")
    _index(session, [document])


def remove(session: Session, kind: str, subject_ids: Iterable[int]) -> None:
    """Forget the documents of things."""
    for subject_id in subject_ids:
        document = _document(session, kind, subject_id)
        if document is not None:
            _forget(session, [document])
            session.delete(document)
    session.flush()


@contextmanager
def loading(session: Session) -> Iterator[Callable[[], None]]:
    """Index what a bulk load writes as documents only: whenever the function that is given is called, and at the end.

    Building the word index once, after its rows, is several times cheaper than growing it row by row.
    """
    if not _is_postgres(session):
        yield lambda: None
        session.execute(text("INSERT INTO search_fts(search_fts) VALUES ('rebuild')"))
        return
    session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    session.execute(text("DROP INDEX ix_search_fts_vector"))
    newest = select(func.coalesce(func.max(SearchDocument.id), 0))
    after = int(session.scalar(newest) or 0)

    def take() -> None:
        nonlocal after
        given = {"after": after}
        session.execute(
            text(f"INSERT INTO search_fts (id, kind, subject_id, vector) {_VECTORS} WHERE id > :after"), given
        )
        after = int(session.scalar(newest) or 0)

    yield take
    take()
    session.execute(text("CREATE INDEX ix_search_fts_vector ON search_fts USING gin (vector)"))


def _document(session: Session, kind: str, subject_id: int) -> SearchDocument | None:
    return session.scalars(
        select(SearchDocument).filter_by(kind=kind, subject_id=subject_id).with_for_update()
    ).one_or_none()


_VECTORS: Final = """SELECT id, kind, subject_id,
    setweight(to_tsvector('simple'::regconfig, title), 'A') || setweight(to_tsvector('simple'::regconfig, body), 'B') ||
    setweight(to_tsvector('simple'::regconfig, internal), 'C') FROM search_document"""


def _forget(session: Session, documents: Sequence[SearchDocument]) -> None:
    """Take documents out of the index. FTS5 reads their old words from the rows, so this comes before the change."""
    if documents:
        column_name = "id" if _is_postgres(session) else "rowid"
        session.execute(_by_ids(f"DELETE FROM search_fts WHERE {column_name} IN :ids"), _ids(documents))  # noqa: S608


def _index(session: Session, documents: Sequence[SearchDocument]) -> None:
    session.flush()
    if _is_postgres(session):
        statement = f"INSERT INTO search_fts (id, kind, subject_id, vector) {_VECTORS} WHERE id IN :ids"
    else:
        statement = (
            "INSERT INTO search_fts (rowid, title, body, internal) "
            "SELECT id, title, body, internal FROM search_document WHERE id IN :ids"
        )
    session.execute(_by_ids(statement), _ids(documents))


def _by_ids(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("ids", expanding=True))


def _ids(documents: Sequence[SearchDocument]) -> dict[str, list[int]]:
    return {"ids": [document.id for document in documents]}


def terms(asked: str) -> list[list[str]]:
    """Return what was asked for: a list of terms, each the words that must follow one another.

    ``SN-ABC/1`` is one term of three words; the last word of each term may be the beginning of a longer one.
    """
    found = [fold(part).split() for part in asked[:400].split()]
    return [term for term in found if term][:MOST_TERMS]


def matching(session: Session, kind: str, asked: str, *, internal: bool = False) -> Select[Any] | None:
    """Return a select of the subject ids whose document has all the terms; None where the text has no words."""
    wanted = terms(asked)
    if not wanted:
        return None
    return _postgres(kind, wanted, internal) if _is_postgres(session) else _sqlite(kind, wanted, internal)


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


def _bounded(words: str) -> str:
    words = words.strip()
    if len(words) * 4 <= MOST_BYTES:
        return words
    return words.encode()[:MOST_BYTES].decode(errors="ignore")


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
