"""How assets stand to one another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.assets.enums import RelationshipType
from itsm.infra.db import Base, Id, Stamped


class Relationship(Stamped, Base):
    """``from`` stands in ``type`` to ``to``. Declared by a person or discovered (then with a confidence and the two
    ports).

    ``needed`` of the ``to`` assets that share ``redundancy_group`` must work for ``from`` to work.
    """

    __tablename__ = "relationship"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id", "type", "from_port", "to_port"),
        CheckConstraint("from_id != to_id", name="two_assets"),
    )
    __journal__ = "relationship"
    __journal_omit__ = frozenset({"last_seen_at", "confidence"})

    id: Mapped[Id]
    from_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    to_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    type: Mapped[RelationshipType]
    from_port: Mapped[str] = mapped_column(String(200), default="")
    to_port: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(40), default="declared")
    confidence: Mapped[float] = mapped_column(Float, default=1.0)
    redundancy_group: Mapped[str | None] = mapped_column(String(80))
    needed: Mapped[int] = mapped_column(Integer, default=1)
    last_seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
