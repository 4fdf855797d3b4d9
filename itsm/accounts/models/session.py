"""Sessions that can be listed and revoked, failed tries that slow the next one, and codes that work once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, BigInt, Id


class UserSession(Base):
    """One sign-in on one device. The browser holds a random token, the row its SHA-256."""

    __tablename__ = "user_session"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(300), default="")


class SignInAttempt(Base):
    """A failed try, by login and by address; enough of them slow down both."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_login", "login", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]


class CodePurpose(StrEnum):
    """What a one-time code opens."""

    FIRST_RUN = "first_run"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - not a password
    INVITATION = "invitation"


class OneTimeCode(Base):
    """A code that works once and not for long: only its SHA-256 is kept."""

    __tablename__ = "one_time_code"

    id: Mapped[Id]
    purpose: Mapped[CodePurpose]
    user_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
