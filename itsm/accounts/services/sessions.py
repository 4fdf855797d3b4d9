"""Sessions: opened at sign-in, refreshed while used, revoked one by one or all at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import update

from itsm.accounts.models import UserSession
from itsm.infra.unit import current_unit


def token_hash(token: str) -> str:
    """Return what the database keeps of a session token or code."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(user_id: int, *, lasts: timedelta, address: str | None, browser: str, now: datetime) -> str:
    """Open a session for an account and return its token, which is told to the browser only."""
    token = secrets.token_urlsafe(32)
    current_unit().session.add(
        UserSession(
            user_id=user_id,
            token_hash=token_hash(token),
            created_at=now,
            seen_at=now,
            expires_at=now + lasts,
            address=address,
            browser=browser[:300],
        )
    )
    return token


def revoke_sessions(user_id: int, *, now: datetime, keep_token: str | None = None) -> None:
    """End all sessions of an account but, where given, the one with ``keep_token``."""
    ended = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if keep_token is not None:
        ended = ended.where(UserSession.token_hash != token_hash(keep_token))
    current_unit().session.execute(ended.values(revoked_at=now))
