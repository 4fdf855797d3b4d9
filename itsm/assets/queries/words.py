"""What was typed into a search field, as a condition: words, a MAC address or an IP address, or their beginnings."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from itsm.assets.models import Address, Asset, Interface
from itsm.infra import search

SEARCH_KIND: Final = "asset"
_MAC: Final = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){2,5}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12}")
_IPV4: Final = re.compile(r"\d{1,3}(\.\d{1,3}){1,3}\.?")
_IPV6: Final = re.compile(r"[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}")


def words_match(session: Session, typed: str) -> ColumnElement[bool] | None:
    """Return the condition that an asset matches what was typed; None where nothing was typed that has a word.

    Tag, name, serial, model and the like are found by the beginnings of their words; a MAC address (in any of the usual
    notations) and an IP address by their own beginnings.
    """
    text = typed.strip().lower()[:200]
    either: list[ColumnElement[bool]] = []
    if _MAC.fullmatch(text):
        digits = re.sub(r"[^0-9a-f]", "", text)
        mac = ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
        seen = Interface.mac.startswith(mac, autoescape=True)
        either.append(Asset.id.in_(select(Interface.asset_id).where(seen, Interface.gone_at.is_(None))))
    if _IPV4.fullmatch(text) or _IPV6.fullmatch(text):
        seen = Address.address.startswith(text, autoescape=True)
        either.append(Asset.id.in_(select(Address.asset_id).where(seen, Address.gone_at.is_(None))))
    words = search.matching(session, SEARCH_KIND, text, internal=True)
    if words is not None:
        either.append(Asset.id.in_(words))
    return or_(*either) if either else None
