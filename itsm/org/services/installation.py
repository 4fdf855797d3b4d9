"""What an administrator sets for the whole installation: the product's name and the accent colour."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict
from itsm.kernel.policy import require
from itsm.org.models import InstallationSetting
from itsm.org.policies import POLICY, OrgPermission

NAME = "look"
KEPT_FOR = 5.0
"""Seconds for which a process trusts what it read: every page shows it, and it changes once a year."""


@dataclass(frozen=True, slots=True)
class Look:
    """The product's name (empty: ours) and the accent colour; ``version`` is 0 where nobody set them yet."""

    product_name: str = ""
    accent: str = "blue"
    version: int = 0


def read_look(session: Session) -> Look:
    """Return what is set, from the database."""
    row = session.scalars(select(InstallationSetting).where(InstallationSetting.name == NAME)).one_or_none()
    if row is None:
        return Look()
    return Look(str(row.value.get("product_name", "")), str(row.value.get("accent", "blue")), row.version)


def save_look(actor: Actor, look: Look) -> None:
    """Set name and accent. Raises Conflict where somebody else did since ``look.version``."""
    require(POLICY, actor, OrgPermission.CONFIGURE)
    session = current_unit().session
    row = session.scalars(select(InstallationSetting).where(InstallationSetting.name == NAME)).one_or_none()
    if (row.version if row is not None else 0) != look.version:
        raise Conflict(version=row.version if row is not None else 0)
    value = {"product_name": look.product_name, "accent": look.accent}
    if row is None:
        session.add(InstallationSetting(name=NAME, value=value))
    else:
        row.value = value


class KeptLook:
    """The look as pages ask for it: read at most every few seconds a process."""

    def __init__(self) -> None:
        self._look, self._until = Look(), 0.0

    def get(self, session: Session) -> Look:
        """Return the look; the last one where it was read moments ago."""
        if time.monotonic() >= self._until:
            self._look = read_look(session)
            self._until = time.monotonic() + KEPT_FOR
        return self._look

    def forget(self) -> None:
        """Read anew at the next asking."""
        self._until = 0.0
