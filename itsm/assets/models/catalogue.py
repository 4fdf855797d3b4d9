"""What assets are made of in the abstract: makers, models, categories."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.assets.enums import AssetKind
from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Manufacturer(Stamped, Versioned, Base):
    """A maker. ``key`` is its name without case, spaces and legal forms: two spellings of one maker share it."""

    __tablename__ = "manufacturer"
    __journal__ = "manufacturer"

    id: Mapped[Id]
    name: Mapped[Name]
    key: Mapped[str] = mapped_column(String(200), unique=True)

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name


class Model(Stamped, Versioned, Base):
    """A product of a maker, and until when it is sold, made and supported."""

    __tablename__ = "model"
    __table_args__ = (UniqueConstraint("manufacturer_id", "key"),)
    __journal__ = "model"

    id: Mapped[Id]
    manufacturer_id: Mapped[int] = mapped_column(ForeignKey("manufacturer.id"))
    name: Mapped[Name]
    key: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AssetKind]
    end_of_sale_on: Mapped[date | None]
    end_of_life_on: Mapped[date | None]
    end_of_support_on: Mapped[date | None]

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name


class Category(Stamped, Versioned, Base):
    """A customer's own grouping of assets. It decides the kind and the asset tags: ``prefix`` + a number of ``digits``
    digits."""

    __tablename__ = "category"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    __journal__ = "category"
    __journal_omit__ = frozenset({"next_number"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[Name]
    kind: Mapped[AssetKind]
    tag_prefix: Mapped[str] = mapped_column(String(20), default="A-")
    tag_digits: Mapped[int] = mapped_column(Integer, default=5)
    next_number: Mapped[int] = mapped_column(default=1)

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
