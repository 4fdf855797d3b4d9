"""A thing of value that the company has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Asset(Stamped, Versioned, Base):
    """A thing of value: recorded facts only. What discovery saw stands in :class:`ObservedValue` beside it.

    Four questions, four fields: who holds it (custodian), who answers for it (owner), where it is (location), who
    pays (cost centre). ``serial_key`` is
    the serial in capital letters and digits only, for matching. ``first_seen_at`` and ``last_seen_at`` are
    discovery's; money is in minor
    units of ``currency``.
    """

    __tablename__ = "asset"
    __table_args__ = (
        UniqueConstraint("organization_id", "tag"),
        Index("ix_asset_list", "organization_id", "status", "name", "id"),
        Index("ix_asset_name", "name", "id"),
        Index("ix_asset_tag", "tag", "id"),
        Index("ix_asset_updated", "updated_at", "id"),
        Index("ix_asset_serial_key", "serial_key"),
    )
    __journal__ = "asset"
    __journal_omit__ = frozenset(
        {"serial_key", "last_seen_at", "first_seen_at", "open_disagreements", "absorbed_count"}
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    tag: Mapped[str] = mapped_column(String(40))
    name: Mapped[Name]
    kind: Mapped[AssetKind]
    status: Mapped[AssetStatus]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"), index=True)
    serial: Mapped[str | None] = mapped_column(String(120))
    serial_key: Mapped[str | None] = mapped_column(String(120))
    system_uuid: Mapped[str | None] = mapped_column(String(40), index=True)
    custodian_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    cost_centre_id: Mapped[int | None] = mapped_column(ForeignKey("cost_centre.id"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    """The asset it is built into or a member of: a chassis of a stack, a module."""
    os_name: Mapped[str | None] = mapped_column(String(120))
    os_version: Mapped[str | None] = mapped_column(String(120))
    firmware: Mapped[str | None] = mapped_column(String(120))
    memory_bytes: Mapped[int | None]
    supplier: Mapped[str | None] = mapped_column(String(200))
    order_number: Mapped[str | None] = mapped_column(String(80))
    purchased_on: Mapped[date | None]
    price_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    warranty_until: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text, default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_seen_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None] = mapped_column(index=True)
    open_disagreements: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    """The record that stands for this one since a merge; itself never merged. Nothing shows this one then."""
    absorbed_count: Mapped[int] = mapped_column(Integer, default=0)
    """How many records point at this one: where it is 0, nobody has to look for them."""

    @property
    def label(self) -> str:
        """Return tag and name."""
        return f"{self.tag} {self.name}"


class AssetAlias(Stamped, Base):
    """An old tag or id that still leads to the asset (after a merge, or from an earlier system)."""

    __tablename__ = "asset_alias"
    __table_args__ = (UniqueConstraint("organization_id", "alias"),)
    __journal__ = "asset_alias"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    alias: Mapped[str] = mapped_column(String(80))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"), index=True)
