"""Probes at other sites, the parts of a sweep that they do, and what they deliver."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from itsm.discovery.enums import DeliveryState, PartState, ProbeDoor
from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.infra.sealing import SEALED

MOST_DELIVERY = 4 * 1024 * 1024
"""Bytes of one delivery; the database itself refuses a larger one."""
MOST_WAITING = 512
"""Deliveries of one probe that may wait for the intake; the database refuses more until some were taken in."""
MOST_BEAT = 16 * 1024


class HouseKey(Stamped, Base):
    """The key pair of this installation: it signs orders, and results that travel as files are sealed for it."""

    __tablename__ = "house_key"

    id: Mapped[Id]
    sign: Mapped[str] = mapped_column(String(64))
    box: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text, info=SEALED)


class Probe(Stamped, Versioned, Base):
    """A probe at another site: who it is, and what it last told of itself.

    ``sign_key`` and ``box_key`` are empty until it enrolled, and again once it was revoked: whatever is not signed with the
    key that stands here is refused.
    """

    __tablename__ = "probe"
    __table_args__ = (UniqueConstraint("name"),)
    __journal__ = "probe"
    __journal_omit__ = frozenset({"heard_at", "program", "refused", "last_refusal", "taken"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(String(30))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    door: Mapped[ProbeDoor]
    sign_key: Mapped[str] = mapped_column(String(64), default="")
    box_key: Mapped[str] = mapped_column(String(64), default="")
    invited_until: Mapped[datetime | None]
    """Until when the one-time token may be used."""
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    program: Mapped[str] = mapped_column(String(40), default="")
    taken: Mapped[int] = mapped_column(default=0)
    """The number of the last delivery that came over the connection and was dealt with: older ones were here before."""
    refused: Mapped[int] = mapped_column(Integer, default=0)
    """Reports and deliveries that were not taken: outside of its networks, not signed by it, unreadable."""
    last_refusal: Mapped[str] = mapped_column(String(300), default="")

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name

    @property
    def is_enrolled(self) -> bool:
        """Say whether it has keys that count."""
        return bool(self.sign_key) and self.revoked_at is None


class ProbeBeat(Base):
    """What a probe may write of itself: one row, which the house made. Everything in it is hostile text."""

    __tablename__ = "probe_beat"
    __table_args__ = (CheckConstraint(f"length(told) <= {MOST_BEAT} AND length(card) <= {MOST_BEAT}", name="bounded"),)

    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(Text, default="")
    """JSON: program, host, state, spool."""
    card: Mapped[str] = mapped_column(Text, default="")
    """Its public keys, signed with them; taken over once, when it enrols."""
    welcome: Mapped[bool] = mapped_column(default=False)
    """The house has taken the card over."""
    standing: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """A sealed order with the schedules of its networks, for the times when the house cannot be reached."""


class SweepPart(Stamped, Base):
    """What one probe does of a sweep; ``probe_id`` None: what our own worker does of a sweep that has other parts.

    ``sweep_id`` None: an errand, one narrow question to one device that belongs to no sweep.
    """

    __tablename__ = "sweep_part"
    __table_args__ = (
        UniqueConstraint("sweep_id", "probe_id"),
        Index("ix_sweep_part_state", "state", "id"),
        Index("ix_sweep_part_probe", "probe_id", "id"),
        CheckConstraint("sweep_id IS NOT NULL OR probe_id IS NOT NULL", name="is_of_something"),
    )

    id: Mapped[Id]
    sweep_id: Mapped[int | None] = mapped_column(ForeignKey("sweep.id", ondelete="CASCADE"))
    probe_id: Mapped[int | None] = mapped_column(ForeignKey("probe.id"))
    network_ids: Mapped[list[Any]]
    state: Mapped[PartState]
    is_file: Mapped[bool] = mapped_column(default=False)
    cancel_asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    """When the sweep stops waiting for it."""
    slot_at: Mapped[datetime | None]
    """The time of the schedule that it was made for."""
    parcel: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The order, signed by us and sealed for the probe; removed when the part ends."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    errand: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """The address and what it is asked, where this is an errand."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The packed report that answered the errand, until who asked has read it."""
    refused: Mapped[int] = mapped_column(Integer, default=0)
    result_hash: Mapped[str] = mapped_column(String(64), default="")
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")


class ProbeDelivery(Base):
    """What a probe delivered. It is acknowledged by its state, which changes in the transaction that takes it in.

    ``stream`` is empty for what came over the connection, and names the part for what came in a file; numbers count
    within it.
    """

    __tablename__ = "probe_delivery"
    __table_args__ = (
        UniqueConstraint("probe_id", "stream", "sequence"),
        CheckConstraint(f"length(body) <= {MOST_DELIVERY}", name="bounded"),
        CheckConstraint("sequence > 0", name="counted"),
        Index("ix_probe_delivery_waiting", "probe_id", "state", "id"),
    )

    id: Mapped[Id]
    probe_id: Mapped[int] = mapped_column(ForeignKey("probe.id", ondelete="CASCADE"))
    stream: Mapped[str] = mapped_column(String(40), default="", server_default="")
    sequence: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[DeliveryState] = mapped_column(
        default=DeliveryState.WAITING, server_default=DeliveryState.WAITING.value
    )
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    arrived_at: Mapped[datetime] = mapped_column(server_default=func.now())
    dealt_at: Mapped[datetime | None]
