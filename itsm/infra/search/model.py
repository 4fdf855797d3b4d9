"""The documents' table. The index over their words is no table that both databases have; migrations make it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id


class SearchDocument(Base):
    """The words of one thing, folded. ``at`` is the moment by which results are ordered.

    Documents are written by statement, never as objects: whoever loaded one would keep what it said before.
    """

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
