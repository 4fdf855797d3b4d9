"""What an asset should be like, and which looks were taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id


class DriftBaseline(Base):
    """What an asset was like when it was first read in one ``manner``, and what was accepted since.

    The manner is how the reading ended (``ssh:ok``, ``ssh:auth_failed``): what SNMP alone tells is never compared with
    what SNMP and SSH tell together. ``facts`` maps an aspect (memory, disks, parts, firmware, services, macs) to
    names and values.
    """

    __tablename__ = "drift_baseline"
    __table_args__ = (UniqueConstraint("asset_id", "manner"),)

    id: Mapped[Id]
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    manner: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]]
    set_at: Mapped[datetime]


class DriftLook(Base):
    """A look that was taken, by a sweep or by the clock: each counts once, however often its job runs."""

    __tablename__ = "drift_look"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]
