"""What is watched, for which assets, and what follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.tickets.enums import Level


class DriftRule(Stamped, Versioned, Base):
    """One rule as the installation has it. ``key`` is a value of RuleKey; what it means stands in the code.

    ``threshold`` is in the rule's own unit (percent, days); ``kinds``, ``location_ids`` (with all below them) and
    ``category_ids`` limit it, an empty list means all. ``confirmations`` is how many sweeps in a row must agree before
    anything follows. Beyond ``cap_per_hour`` new tickets at once there is one collective ticket. ``quiet_days`` is how
    long an ended ticket is taken up again rather than a new one opened.
    """

    __tablename__ = "drift_rule"
    __table_args__ = (
        CheckConstraint("confirmations BETWEEN 1 AND 50", name="sane_confirmations"),
        CheckConstraint("cap_per_hour BETWEEN 1 AND 1000", name="sane_cap"),
    )
    __journal__ = "drift_rule"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    enabled: Mapped[bool]
    opens_ticket: Mapped[bool]
    confirmations: Mapped[int] = mapped_column(Integer)
    threshold: Mapped[int | None] = mapped_column(Integer)
    impact: Mapped[Level]
    urgency: Mapped[Level]
    group_id: Mapped[int | None] = mapped_column(ForeignKey("support_group.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_category.id"))
    kinds: Mapped[list[str]]
    location_ids: Mapped[list[Any]]
    category_ids: Mapped[list[Any]]
    tells_custodian: Mapped[bool]
    """The asset's custodian is put on the ticket as the affected person, and hears of it."""
    cap_per_hour: Mapped[int] = mapped_column(Integer)
    quiet_days: Mapped[int] = mapped_column(Integer)

    @property
    def label(self) -> str:
        """Return the key."""
        return self.key


class DriftHouse(Base):
    """The person in whose name an organization's drift tickets are asked for: the house itself."""

    __tablename__ = "drift_house"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
