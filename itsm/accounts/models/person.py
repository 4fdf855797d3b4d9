"""Anyone the company knows."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Name, Stamped, Versioned


class Person(Stamped, Versioned, Base):
    """Anyone the company knows: a requester, a custodian, a technician. May have no sign-in.

    ``email`` is kept lower case and unique where given. ``undeliverable`` is set when mail to it came back for good.
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_name", "organization_id", "name", "id"),
        Index("uq_person_email", "email", unique=True),
    )
    __journal__ = "person"

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    name: Mapped[Name]
    email: Mapped[str | None] = mapped_column(String(254))
    undeliverable: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(String(40))
    employee_number: Mapped[str | None] = mapped_column(String(40))
    job_title: Mapped[str | None] = mapped_column(String(120))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    cost_centre_id: Mapped[int | None] = mapped_column(ForeignKey("cost_centre.id"))
    language: Mapped[str] = mapped_column(String(10), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
