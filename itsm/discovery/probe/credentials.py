"""What opens a door, and where it may be tried: every credential is bound to networks and never leaves them.

Secrets never show in ``repr`` and never enter a report: those carry the reference only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from itsm.discovery.probe.targets import Network, in_networks

AUTH_PROTOCOLS = ("SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512", "MD5")
PRIV_PROTOCOLS = (
    "AES", "AES-192", "AES-256", "AES-192-REEDER", "AES-256-REEDER", "DES", "3DES",
)  # fmt: skip
"""AES-192 and AES-256 extend keys as draft-blumenthal-aes-usm-04 says (net-snmp); -REEDER as Cisco does."""
WEAK_PROTOCOLS = frozenset({"MD5", "DES", "3DES"})


@dataclass(frozen=True, slots=True)
class Community:
    """An SNMP v1 or v2c community; it travels in clear text, so it is the last thing to be tried."""

    reference: str
    secret: str = field(repr=False)
    networks: tuple[Network, ...]
    version: str = "2c"

    @property
    def rank(self) -> int:
        """Order of trying: lower is safer."""
        return 2 if self.version == "2c" else 3


@dataclass(frozen=True, slots=True)
class UsmUser:
    """An SNMPv3 user. Raises ValueError for unknown protocols and for weak ones that were not asked for."""

    reference: str
    user: str
    networks: tuple[Network, ...]
    auth_protocol: str | None = None
    auth_secret: str = field(default="", repr=False)
    priv_protocol: str | None = None
    priv_secret: str = field(default="", repr=False)
    allow_weak: bool = False

    def __post_init__(self) -> None:
        for given, known in ((self.auth_protocol, AUTH_PROTOCOLS), (self.priv_protocol, PRIV_PROTOCOLS)):
            if given is not None and given not in known:
                raise ValueError(f"Unknown SNMPv3 protocol {given!r}; known are {', '.join(known)}.")
            if given in WEAK_PROTOCOLS and not self.allow_weak:
                raise ValueError(f"{given} is broken. Allow weak protocols for this credential to use it.")
        if self.priv_protocol and not self.auth_protocol:
            raise ValueError("SNMPv3 privacy needs authentication.")
        for protocol, secret in (
            (self.auth_protocol, self.auth_secret),
            (self.priv_protocol, self.priv_secret),
        ):
            if protocol and len(secret) < 8:
                raise ValueError("An SNMPv3 password has at least 8 characters.")

    @property
    def rank(self) -> int:
        """Order of trying: authPriv before authNoPriv; a user without authentication comes last of all."""
        return 0 if self.priv_protocol else 1 if self.auth_protocol else 4


@dataclass(frozen=True, slots=True)
class SshLogin:
    """An account for SSH with a key (PEM or OpenSSH) or a password; ``legacy`` allows broken algorithms."""

    reference: str
    user: str
    networks: tuple[Network, ...]
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    key_passphrase: str | None = field(default=None, repr=False)
    legacy: bool = False
    sudo: bool = False
    """Run the commands marked ``root`` through ``sudo -n`` where the user is not root."""

    @property
    def rank(self) -> int:
        """Order of trying: keys before passwords."""
        return 0 if self.key else 1


SnmpCredential = Community | UsmUser
Credential = SnmpCredential | SshLogin


def for_address(credentials: Iterable[SnmpCredential], address: str) -> list[SnmpCredential]:
    """Return the SNMP credentials that may be tried at an address, the safest first."""
    return sorted((one for one in credentials if in_networks(address, one.networks)), key=lambda one: one.rank)


def logins_for(logins: Iterable[SshLogin], address: str) -> list[SshLogin]:
    """Return the SSH logins that may be tried at an address, keys first."""
    return sorted((one for one in logins if in_networks(address, one.networks)), key=lambda one: one.rank)
