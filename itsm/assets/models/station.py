"""Where on the network an address was heard."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id


class Station(Base):
    """Where a MAC address was heard best: behind a port of a bridge, or at an access point. One row a MAC.

    Written by discovery at the end of a sweep; no journal of its own. ``asset_id`` is the asset that has the MAC; a row
    without one is somebody whom the register does not know.
    """

    __tablename__ = "station"
    __table_args__ = (
        UniqueConstraint("organization_id", "mac"),
        Index("ix_station_place", "place_id", "port"),
        Index("ix_station_asset", "asset_id"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    mac: Mapped[str] = mapped_column(String(17))
    place_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    """The switch or the access point."""
    port: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(20))
    """``fdb``, ``wireless`` or ``lldp``."""
    confidence: Mapped[float] = mapped_column(Float, default=1.0)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    vlan: Mapped[int | None] = mapped_column(Integer)
    address: Mapped[str | None] = mapped_column(String(45))
    ssid: Mapped[str | None] = mapped_column(String(64))
    signal: Mapped[int | None] = mapped_column(Integer)
    """dBm."""
    told_name: Mapped[str | None] = mapped_column(String(200))
    """What it calls itself to its neighbour."""
    told_model: Mapped[str | None] = mapped_column(String(200))
    maker: Mapped[str | None] = mapped_column(String(120))
    """Who was given this block of addresses."""
    since_at: Mapped[datetime]
    """Since when it has been at this place."""
    last_seen_at: Mapped[datetime]
