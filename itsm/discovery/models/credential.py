"""What opens doors: sealed, bound to networks; and the keys by which hosts prove who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from itsm.discovery.enums import CredentialKind, HostKeyState
from itsm.discovery.models.network import Network
from itsm.infra.db import Base, BigInt, Id, Name, Stamped, Versioned
from itsm.infra.sealing import SEALED

credential_network = Table(
    "credential_network",
    Base.metadata,
    Column("credential_id", BigInt, ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True),
    Column("network_id", BigInt, ForeignKey("network.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Credential(Stamped, Versioned, Base):
    """A key to devices. The secret is sealed to this row; it is tried only inside the networks it is bound to.

    ``options`` by kind: snmp_community ``{"snmp_version": "2c"}``; snmp_user ``{"auth_protocol", "priv_protocol",
    "allow_weak"}``; ssh_*
    ``{"legacy": false, "sudo": false}``. ``sealed`` holds JSON: ``{"secret"}``, ``{"auth_secret", "priv_secret"}``,
    ``{"password"}``
    or ``{"key", "passphrase"}``.
    """

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)
    __journal__ = "credential"
    __journal_omit__ = frozenset({"sealed", "refusals", "refused_at"})

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    name: Mapped[Name]
    kind: Mapped[CredentialKind]
    username: Mapped[str] = mapped_column(String(120), default="")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed: Mapped[str] = mapped_column(Text, info=SEALED)
    position: Mapped[int] = mapped_column(Integer, default=100)
    enabled: Mapped[bool] = mapped_column(default=True)
    refusals: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """How often its password was refused in a row, and when last: it is left alone for a while before the account is
    locked."""
    refused_at: Mapped[datetime | None]

    networks: Mapped[list[Network]] = relationship(secondary=credential_network, lazy="raise_on_sql")

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name


class HostKey(Stamped, Versioned, Base):
    """A key that an SSH server showed at an address."""

    __tablename__ = "host_key"
    __table_args__ = (UniqueConstraint("network_id", "address", "fingerprint"),)
    __journal__ = "host_key"

    id: Mapped[Id]
    network_id: Mapped[int] = mapped_column(ForeignKey("network.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(45), index=True)
    algorithm: Mapped[str] = mapped_column(String(60))
    fingerprint: Mapped[str] = mapped_column(String(80))
    state: Mapped[HostKeyState] = mapped_column(index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """Return address and fingerprint."""
        return f"{self.address} {self.fingerprint}"
