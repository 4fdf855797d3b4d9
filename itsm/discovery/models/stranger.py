"""Who is on the network and not on the books."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id


class Stranger(Base):
    """A host that a switch hears and that no asset owns: its MAC address, and the port it was heard behind last.

    Addresses that are made up locally (phones that hide, virtual adapters) are not kept: they are nobody's own.
    """

    __tablename__ = "stranger"
    __table_args__ = (UniqueConstraint("organization_id", "mac"), Index("ix_stranger_switch", "switch_id", "mac"))

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    mac: Mapped[str] = mapped_column(String(17))
    switch_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    port: Mapped[str] = mapped_column(String(200))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
