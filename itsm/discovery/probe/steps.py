"""The steps of a dry run: a kind with its parameters. Pages have words of their own for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class StepKind(StrEnum):
    """What would be sent."""

    ENGINE = "engine"
    """An empty SNMPv3 message that shows no credential."""
    SNMP = "snmp"
    SSH_KEY = "ssh_key"
    SSH_PASSWORD = "ssh_password"  # noqa: S105 - a word
    SSH_HELD = "ssh_held"
    """Nothing: the password was refused too often."""
    CONNECT = "connect"
    TLS = "tls"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that would be sent to an address; ``version`` is that of SNMP. As text it is what a terminal shows."""

    kind: StepKind
    port: int = 0
    version: str = ""

    def __str__(self) -> str:
        return _ENGLISH[self.kind].format(port=self.port, version=self.version)


_ENGLISH: Final = {
    StepKind.ENGINE: "snmp 3 engine discovery to UDP {port}",
    StepKind.SNMP: "snmp {version} to UDP {port}",
    StepKind.SSH_KEY: "ssh key to TCP {port}, only to a pinned host key",
    StepKind.SSH_PASSWORD: "ssh password to TCP {port}, only to a pinned host key",
    StepKind.SSH_HELD: "no ssh password: it was refused too often within the hour",
    StepKind.CONNECT: "connect to TCP {port}",
    StepKind.TLS: "TLS hello to TCP {port}, for its certificate",
    StepKind.PING: "icmp echo",
}
