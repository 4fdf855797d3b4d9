"""What an administrator sets for the whole installation from the browser (the product's name, the accent colour)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from itsm.infra.db import Base, Id, Stamped, Versioned


class InstallationSetting(Stamped, Versioned, Base):
    """One setting by its name; ``value`` is JSON ``{"value": …}``."""

    __tablename__ = "installation_setting"
    __journal__ = "setting"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    value: Mapped[dict[str, Any]]

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name
