"""A file in the store, once however often it is attached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, UTCDateTime


class StoredFile(Base):
    """Content that the file store keeps: its name there (SHA-256), its size in bytes, its sniffed type."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime)
