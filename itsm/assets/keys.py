"""Keys by which two spellings of one thing are found to be one."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FORMS: Final = re.compile(
    r"\b(inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|ag|se|sa|s\.?a|plc|bv|nv|ab|oy|kg|technologies|"
    r"technology|electronics|systems|networks|group|international|enterprise)\b\.?",
)
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Return text in lower case, without accents, letters and digits only."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _NOT_WORD.sub("", "".join(letter for letter in folded if not unicodedata.combining(letter)))


def maker_key(name: str) -> str:
    """Return the key of a maker: "Dell Inc." and "DELL" share one. Never empty for a name that has a letter."""
    return plain(_FORMS.sub(" ", name.casefold())) or plain(name) or name.casefold()


def model_key(name: str, maker: str = "") -> str:
    """Return the key of a model, without the maker's name in front of it."""
    key, prefix = plain(name), maker_key(maker) if maker else ""
    if prefix and key.startswith(prefix) and len(key) > len(prefix):
        key = key[len(prefix) :]
    return key or name.casefold()


def serial_key(serial: str | None) -> str | None:
    """Return a serial in capitals, letters and digits only; None where nothing is left."""
    if not serial:
        return None
    return re.sub(r"[^0-9A-Z]", "", serial.upper())[:120] or None


def product_key(name: str, publisher: str | None) -> str:
    """Return the key of a software product."""
    return f"{plain(name)[:200] or name[:200].casefold()}|{maker_key(publisher) if publisher else ''}"[:420]
