"""The mail server that the settings name."""

from __future__ import annotations

from itsm.infra.secrets import Secret
from itsm.infra.settings import Settings
from itsm.infra.smtp import Relay, Security


def relay_of(settings: Settings, *, timeout: float = 30.0) -> Relay | None:
    """Return the mail server of the settings, or None where none is set."""
    if not settings.mail_host:
        return None
    return Relay(
        settings.mail_host,
        settings.mail_port,
        Security(settings.mail_security),
        username=settings.mail_user,
        password=Secret(settings.mail_password),
        timeout=timeout,
    )
