"""What an asset has: interfaces, addresses, components. Written by discovery; no journal of their own.

A part without ``gone_at`` was there when its asset was last seen: no sweep has to touch a row that did not change.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id


class Interface(Base):
    """A network interface. ``mac`` is lower case with colons; ``speed`` in bits a second."""

    __tablename__ = "interface"
    __table_args__ = (UniqueConstraint("asset_id", "name"), Index("ix_interface_mac", "mac"))

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    mac: Mapped[str | None] = mapped_column(String(17))
    speed: Mapped[int | None]
    number: Mapped[int | None]
    """The device's own index of the interface."""
    alias: Mapped[str | None] = mapped_column(String(200))
    type: Mapped[int | None] = mapped_column(Integer)
    admin_up: Mapped[bool | None]
    oper_up: Mapped[bool | None]
    vlan: Mapped[int | None] = mapped_column(Integer)
    tagged: Mapped[str | None] = mapped_column(String(300))
    """The VLANs that are tagged here, as ranges: "10,20,30-35"."""
    lag: Mapped[str | None] = mapped_column(String(200))
    """The aggregate that the port is a member of."""
    first_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class Address(Base):
    """An IP address that an asset answers at."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("asset_id", "address"), Index("ix_address_address", "address"))

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(45))
    first_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class Component(Base):
    """A part inside an asset: memory module, disk, power supply, line card. ``size`` is in bytes.

    ``key`` tells two parts of one asset apart: kind and serial, else kind and slot, else kind, name and place in the
    list.
    """

    __tablename__ = "component"
    __table_args__ = (UniqueConstraint("asset_id", "key"), Index("ix_component_serial", "serial"))

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(200))
    serial: Mapped[str | None] = mapped_column(String(120))
    vendor: Mapped[str | None] = mapped_column(String(120))
    version: Mapped[str | None] = mapped_column(String(120))
    size: Mapped[int | None]
    slot: Mapped[str | None] = mapped_column(String(120))
    level: Mapped[int | None] = mapped_column(Integer)
    """Percent, for supplies."""
    first_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
