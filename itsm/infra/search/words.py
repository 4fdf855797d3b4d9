"""Words as they are compared, and how much of them is kept."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_BYTES: Final = 300_000
"""How much of a part is indexed: a tsvector holds 1 MB at most."""
MOST_TERMS: Final = 12
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


def fold(words: str) -> str:
    """Return the words of a text in the form in which they are compared: lower case, without accents and signs."""
    if words.isascii():
        return " ".join(word[:100] for word in _WORD.findall(words.lower()))
    plain = unicodedata.normalize("NFKD", words.lower().translate(_LETTERS))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(word[:100] for word in _WORD.findall(bare))


def bounded(words: str) -> str:
    """Return as much of a part as is kept: never more than MOST_BYTES, and a text of 7-bit letters up to them.

    Letters are counted, so that none is cut in two, and PostgreSQL can do the same (:func:`bounded_sql`).
    """
    if len(words) * 4 <= MOST_BYTES:
        return words
    beyond = len(words.encode()) - len(words)
    return words if len(words) + beyond <= MOST_BYTES else words[: max(MOST_BYTES - beyond, MOST_BYTES // 4)]


def bounded_sql(words: str) -> str:
    """Return the expression that makes of ``words``, an expression, what :func:`bounded` makes of them."""
    beyond = f"(octet_length({words}) - length({words}))"
    return (
        f"CASE WHEN octet_length({words}) <= {MOST_BYTES} THEN {words} "
        f"ELSE left({words}, greatest({MOST_BYTES} - {beyond}, {MOST_BYTES // 4})) END"
    )


def terms(asked: str) -> list[list[str]]:
    """Return what was asked for: a list of terms, each the words that must follow one another.

    ``SN-ABC/1`` is one term of three words; the last word of each term may be the beginning of a longer one.
    """
    found = [fold(part).split() for part in asked[:400].split()]
    return [term for term in found if term][:MOST_TERMS]
