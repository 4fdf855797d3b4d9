"""A sign-in and the roles it carries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.accounts.models.person import Person
from itsm.infra.db import Base, Id, Stamped, Versioned
from itsm.kernel.actor import Role


class UserAccount(Stamped, Versioned, Base):
    """A sign-in of a person. ``login`` is lower case; ``password_hash`` is argon2id, None where only a reset mail
    opens the door."""

    __tablename__ = "user_account"
    __journal__ = "user_account"
    __journal_omit__ = frozenset({"password_hash"})

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    login: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_set_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise_on_sql")

    @property
    def label(self) -> str:
        """Return the login name."""
        return self.login


class RoleGrant(Stamped, Base):
    """A role given to an account, for one organization or (None) for all."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "role", "organization_id"),)
    __journal__ = "role_grant"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role]
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))

    @property
    def label(self) -> str:
        """Return the role's value."""
        return self.role.value
