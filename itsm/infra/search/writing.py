"""Keeping documents and the index over their words, in the transaction that changes what they are about.

On PostgreSQL a document and its place in the index are written by one statement. On SQLite the index reads the words
that it shall forget from the documents themselves, so they leave it before they change and come back afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, bindparam, delete, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from itsm.infra.search.model import SearchDocument
from itsm.infra.search.words import bounded, bounded_sql, fold
from itsm.infra.statements import kept, run

_DOCUMENT: Any = SearchDocument.__table__
_PARTS: Final = ("title", "body", "internal")
_VECTOR: Final = " || ".join(
    f"setweight(to_tsvector('simple'::regconfig, {part}), '{weight}')"
    for part, weight in zip(_PARTS, "ABC", strict=True)
)
VECTORS: Final = f"SELECT id, kind, subject_id, {_VECTOR} FROM"
"""What of documents PostgreSQL's index holds; the documents' place follows."""


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
    """Store the documents of many things, replacing older ones, in the same statements however many there are.

    They are written in the order of their ids, so that two transactions cannot wait for each other.
    """
    if not things:
        return
    last = {one.subject_id: one for one in things}
    documents = [_folded(last[subject_id]) for subject_id in sorted(last)]
    if is_postgres(session):
        run(session, kept("search: write", _written), {"kind": kind, "at": at, "documents": json.dumps(documents)})
        return
    ids = [document["subject_id"] for document in documents]
    _leave_index(session, kind, ids)
    run(session, kept("search: store", _stored), [{"kind": kind, "at": at, **document} for document in documents])
    _enter_index(session, kind, ids)


def append(
    session: Session, kind: str, subject_id: int, *, at: datetime, title: str = "", body: str = "", internal: str = ""
) -> None:
    """Add words to the document of a thing, or replace its ``title``; what does not fit any more is left out.

    Without a document nothing happens.
    """
    more = {"title": bounded(fold(title)), "body": fold(body), "internal": fold(internal)}
    thing = {"of_kind": kind, "of_subject": subject_id, "moment": at}
    if is_postgres(session):
        run(session, kept("search: append", _appended), {**thing, **more})
        return
    document = run(session, kept("search: document", _document), thing).one_or_none()
    if document is None:
        return
    longer = {part: bounded(f"{getattr(document, part)} {more[part]}".strip()) for part in ("body", "internal")}
    _leave_index(session, kind, [subject_id])
    run(session, kept("search: change", _changed), {**thing, **longer, "title": more["title"] or document.title})
    _enter_index(session, kind, [subject_id])


def remove(session: Session, kind: str, subject_ids: Iterable[int]) -> None:
    """Forget the documents of things."""
    ids = list(subject_ids)
    if not ids:
        return
    if not is_postgres(session):  # there the index is told by its foreign key
        _leave_index(session, kind, ids)
    session.execute(delete(_DOCUMENT).where(_DOCUMENT.c.kind == kind, _DOCUMENT.c.subject_id.in_(ids)))


def _folded(thing: Words) -> dict[str, Any]:
    return {"subject_id": thing.subject_id, **{part: bounded(fold(getattr(thing, part))) for part in _PARTS}}


def is_postgres(session: Session) -> bool:
    """Say which of the two indexes it is."""
    return session.get_bind().dialect.name == "postgresql"


def _written() -> TextClause:
    parts = ", ".join(_PARTS)
    replaced = ", ".join(f"{column} = excluded.{column}" for column in ("at", *_PARTS))
    return text(
        f"""WITH document AS (
            INSERT INTO search_document (kind, subject_id, at, {parts})
            SELECT CAST(:kind AS varchar), given.subject_id, CAST(:at AS timestamptz), {parts}
            FROM json_to_recordset(CAST(:documents AS json))
            AS given (subject_id bigint, title text, body text, internal text) ORDER BY given.subject_id
            ON CONFLICT (kind, subject_id) DO UPDATE SET {replaced}
            RETURNING id, kind, subject_id, {parts})
        INSERT INTO search_fts (id, kind, subject_id, vector) {VECTORS} document
        ON CONFLICT (id) DO UPDATE SET vector = excluded.vector"""  # noqa: S608
    )


def _appended() -> TextClause:
    longer = {part: bounded_sql(f"ltrim({part} || ' ' || CAST(:{part} AS text))") for part in ("body", "internal")}
    changed = ", ".join(
        f"{part} = CASE WHEN :{part} = '' THEN {part} ELSE {words} END" for part, words in longer.items()
    )
    return text(
        f"""WITH document AS (
            UPDATE search_document SET at = :moment, title = coalesce(nullif(CAST(:title AS text), ''), title), {changed}
            WHERE kind = :of_kind AND subject_id = :of_subject RETURNING id, {", ".join(_PARTS)})
        UPDATE search_fts SET vector = {_VECTOR} FROM document WHERE search_fts.id = document.id"""  # noqa: S608
    )


def _one() -> tuple[Any, Any]:
    return _DOCUMENT.c.kind == bindparam("of_kind"), _DOCUMENT.c.subject_id == bindparam("of_subject")


def _document() -> Any:
    return select(*(_DOCUMENT.c[part] for part in _PARTS)).where(*_one())


def _changed() -> Any:
    return update(_DOCUMENT).where(*_one()).values(at=bindparam("moment"), **{part: bindparam(part) for part in _PARTS})


def _stored() -> Any:
    made = sqlite.insert(_DOCUMENT)
    replaced = {column: made.excluded[column] for column in ("at", *_PARTS)}
    return made.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=replaced)


def _leave_index(session: Session, kind: str, subject_ids: Sequence[int]) -> None:
    forgotten = "DELETE FROM search_fts WHERE rowid IN (SELECT id"
    run(session, kept(forgotten, lambda: _of_things(forgotten + _WHERE + ")")), {"kind": kind, "ids": subject_ids})


def _enter_index(session: Session, kind: str, subject_ids: Sequence[int]) -> None:
    entered = "INSERT INTO search_fts (rowid, title, body, internal) SELECT id, title, body, internal"
    run(session, kept(entered, lambda: _of_things(entered + _WHERE)), {"kind": kind, "ids": subject_ids})


_WHERE: Final = " FROM search_document WHERE kind = :kind AND subject_id IN :ids"


def _of_things(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("ids", expanding=True))
