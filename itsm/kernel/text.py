"""Text from outside: bounded, normalised and free of what only serves to deceive."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_BLANKS: Final = re.compile(r"\s+")


class Phrase(str):
    """A sentence with values in it that remembers how it was put together, so that it can be told in another language."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, object]


def phrase(pattern: str, **values: object) -> Phrase:
    """Return the English sentence of a pattern such as ``"At most %(n)s."``; where it is shown, it is translated.

    A value that is itself a phrase is translated with it; any other stands as it is.
    """
    made = Phrase(pattern % values)
    made.pattern, made.values = pattern, values
    return made


def one_line(text: str, limit: int = 200) -> str:
    """Return text as one line: NFC, without control and bidirectional override characters, at most ``limit`` long."""
    clean = _CONTROL.sub("", unicodedata.normalize("NFC", text))
    return _BLANKS.sub(" ", clean).strip()[:limit].rstrip()


def many_lines(text: str, limit: int = 100_000) -> str:
    """Return text with its line breaks (as ``\\n``), without control characters, at most ``limit`` long."""
    clean = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", clean).strip()[:limit].rstrip()


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """Return one or two capital letters that stand for a name in an avatar; '?' for an empty one."""
    words = [word for word in re.split(r"[\s.\-_@]+", name) if word]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@lru_cache(maxsize=4096)
def stable_number(text: str, modulus: int) -> int:
    """Return a number below ``modulus`` that is the same for the same text in every process (for avatar colours)."""
    return sum(ord(letter) * (place + 7) for place, letter in enumerate(text)) % modulus
