"""Two records of one thing, and two things that are not one: rows that point; no row of the assets moves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class MergeRecord(Stamped, Versioned, Base):
    """``absorbed`` is the same thing as ``survivor`` until somebody takes it back.

    ``taken`` holds what the survivor took over from the absorbed record, so that exactly that can be given back:
    ``{"fields": {name: [before, after]}, "choices": {name: earlier choice or None}, "custody": {"opened": id,
    "closed": [ids]}}``.
    """

    __tablename__ = "merge_record"
    __table_args__ = (CheckConstraint("survivor_id != absorbed_id", name="two_records"),)
    __journal__ = "merge"

    id: Mapped[Id]
    survivor_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    absorbed_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str] = mapped_column(String(300), default="")
    taken: Mapped[dict[str, Any]] = mapped_column(default=dict)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @property
    def label(self) -> str:
        """Return both ids."""
        return f"{self.absorbed_id} into {self.survivor_id}"


class Distinction(Stamped, Base):
    """A person said that these two are not the same thing; no sweep joins them again. ``first_id`` is the lower."""

    __tablename__ = "distinction"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="in_order"),
    )
    __journal__ = "distinction"

    id: Mapped[Id]
    first_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    why: Mapped[str] = mapped_column(String(300), default="")
    withdrawn_at: Mapped[datetime | None]
