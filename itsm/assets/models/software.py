"""Software: products, and where they are installed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name


class SoftwareProduct(Base):
    """A piece of software under its normalised name. ``key`` is name and publisher without case and punctuation."""

    __tablename__ = "software_product"

    id: Mapped[Id]
    name: Mapped[Name]
    publisher: Mapped[str | None] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(420), unique=True)


class SoftwareInstallation(Base):
    """A product on an asset; the discovered ``title`` is kept as it came."""

    __tablename__ = "software_installation"
    __table_args__ = (
        UniqueConstraint("asset_id", "product_id", "version"),
        Index("ix_software_installation_product", "product_id", "version"),
    )

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("software_product.id"))
    title: Mapped[str] = mapped_column(String(300))
    version: Mapped[str] = mapped_column(String(120), default="")
    first_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
