"""What a sighting is, which asset it is, and the keys by which assets are found again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.discovery.enums import KeyStrength, MatchState
from itsm.infra.db import Base, Id, Stamped, Versioned


class Identification(Base):
    """What a sighting was found to be by one version of the knowledge base; can be computed again at any time."""

    __tablename__ = "identification"

    id: Mapped[Id]
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sighting.id", ondelete="CASCADE"), unique=True)
    knowledge: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    vendor: Mapped[str | None] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(200))
    serial: Mapped[str | None] = mapped_column(String(200))
    os_version: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(255))
    why: Mapped[list[Any]]
    """Evidence rows: field, value, object, rule, confidence."""
    at: Mapped[datetime]


class Match(Stamped, Versioned, Base):
    """Ties a sighting's device to an asset, and says by which keys, with which score, by rule or by whom."""

    __tablename__ = "sighting_match"
    __table_args__ = (
        Index("ix_sighting_match_state", "state", "id"),
        Index("ix_sighting_match_asset", "asset_id", "id"),
    )
    __journal__ = "match"
    __journal_fold__ = ("asset", "asset_id")
    __journal_omit__ = frozenset({"score", "keys", "candidates"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sighting.id", ondelete="CASCADE"), unique=True)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    state: Mapped[MatchState]
    score: Mapped[float] = mapped_column(Float, default=0.0)
    keys: Mapped[list[Any]] = mapped_column(default=list)
    """The keys that agree: ``[{"kind", "value", "strength"}]``."""
    candidates: Mapped[list[Any]] = mapped_column(default=list)
    """For a person to decide: ``[{"asset_id", "score", "agree": [...], "contradict": [...]}]``; with
    ``"left": true`` the asset that a person took it from."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_with_id: Mapped[int | None] = mapped_column(ForeignKey("sighting_match.id"), index=True)
    """A newer match of the same device that waits for a person: what he decides holds for this one too."""


class AssetKey(Base):
    """A key by which an asset is found again: serial with maker, system UUID, engine id, base MAC, MAC, name, address."""

    __tablename__ = "asset_key"
    __table_args__ = (
        UniqueConstraint("asset_id", "kind", "value"),
        Index("ix_asset_key_lookup", "organization_id", "kind", "value"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(255))
    strength: Mapped[KeyStrength]
    last_seen_at: Mapped[datetime]
