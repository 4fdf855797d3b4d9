"""What a device tells of others, kept apart from the report so that the whole network can be drawn at any time."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id

LARGEST: Final = 32 * 1024 * 1024
"""Bytes that what is kept may unpack to; the intake's own bounds stay far below."""


class Telling(Base):
    """The last word of one asset on its neighbours, on who is behind its ports, on its wireless clients and guests.

    ``sighting_id`` is where it was said; while that sighting is seen again, the word stands.
    """

    __tablename__ = "telling"
    __table_args__ = (Index("ix_telling_organization_id", "organization_id", "asset_id"),)

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), unique=True)
    sighting_id: Mapped[int | None] = mapped_column(ForeignKey("sighting.id", ondelete="SET NULL"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib-compressed JSON; see ``services.tellings``."""
    told_at: Mapped[datetime]

    @staticmethod
    def pack(content: dict[str, Any]) -> bytes:
        """Return a word as it is stored."""
        return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 3)

    @staticmethod
    def unpack(stored: bytes) -> dict[str, Any]:
        """Return the word. Raises ValueError where the bytes are none."""
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(stored, LARGEST)
        if unpacker.unconsumed_tail:
            raise ValueError("the stored word is larger than any honest one")
        found: dict[str, Any] = json.loads(text)
        return found
