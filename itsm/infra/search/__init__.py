"""Full-text search: one document a thing, written in the transaction that changes the thing, found at once.

The text is folded here (lower case, accents and punctuation off), so that both databases see the same words and
neither needs an extension. The index itself, ``search_fts``, is an FTS5 table on SQLite and a tsvector with a GIN index
on PostgreSQL. This room is the only place that knows which. (Triggers could keep it, but SQLite forbids them to
write to virtual tables while the schema is not trusted, and we do not trust it.)

A document has three parts: ``title``, ``body`` (for everybody who may see the thing) and ``internal`` (for those who
may also see what is internal to it). Whether somebody may see the thing is the caller's where clause.
"""

from itsm.infra.search.asking import few, matching
from itsm.infra.search.loading import loading
from itsm.infra.search.model import SearchDocument
from itsm.infra.search.words import MOST_BYTES, MOST_TERMS, fold, terms
from itsm.infra.search.writing import Words, append, remove, write, write_many

__all__ = [
    "MOST_BYTES",
    "MOST_TERMS",
    "SearchDocument",
    "Words",
    "append",
    "few",
    "fold",
    "loading",
    "matching",
    "remove",
    "terms",
    "write",
    "write_many",
]
