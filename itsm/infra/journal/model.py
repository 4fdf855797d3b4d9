"""The journal's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, BigInt, UTCDateTime


class JournalRow(Base):
    """One change of one thing in one action. Appended, never edited; only ``detail`` and ``salt`` may be erased."""

    __tablename__ = "journal_row"
    __table_args__ = (
        Index("ix_journal_row_subject", "subject_type", "subject_id", "sequence"),
        Index("ix_journal_row_request_id", "request_id"),
        Index("ix_journal_row_actor", "actor_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None]
    door: Mapped[str] = mapped_column(String(10))
    request_id: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(60))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    detail: Mapped[dict[str, Any] | None]
    """{"actor": name, "address": …, "label": frozen label, "before": {…}, "after": {…}}; None once erased."""
    salt: Mapped[str | None] = mapped_column(String(32))
    commitment: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class JournalHead(Base):
    """The end of the chain: one row that writers lock, so that sequence numbers have no gaps and no forks."""

    __tablename__ = "journal_head"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
