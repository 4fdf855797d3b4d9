"""What reading needs of an SNMP conversation of any version: one ``ask`` that answers or says why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from itsm.discovery.probe.budget import Meter
from itsm.discovery.probe.snmp.ber import Row

NO_ERROR, TOO_BIG, NO_SUCH_NAME, BAD_VALUE, READ_ONLY, GENERAL_ERROR = range(6)


class Answer(NamedTuple):
    """One answer: SNMP error status, the position of the error (1-based, 0 = none), rows, size in octets."""

    status: int
    position: int
    rows: list[Row]
    octets: int


@dataclass(slots=True)
class Noise:
    """What else came in during a conversation, to name a failure better than "silent"."""

    malformed: int = 0
    stray: int = 0
    """Well-formed answers with a request id that nobody waits for: late, doubled or made up."""
    elsewhere: set[str] = field(default_factory=set)
    """Addresses that answered a request of ours though it was not sent to them."""

    def reason(self) -> str:
        """Name the lack of a usable answer: ``malformed``, ``wrong_id``, ``other_source`` or ``silent``."""
        if self.malformed:
            return "malformed"
        if self.stray:
            return "wrong_id"
        return "other_source" if self.elsewhere else "silent"


class Session(Protocol):
    """A conversation with one agent; at most one request is under way."""

    @property
    def bulk(self) -> bool:
        """Whether the protocol version has GETBULK."""

    @property
    def meter(self) -> Meter:
        """What this host has cost so far."""

    @property
    def version(self) -> str:
        """``1``, ``2c`` or ``3``."""

    async def ask(self, pdu: int, names: list[bytes], *, repetitions: int = 0, patient: bool = True) -> Answer:
        """Send one request and return its answer; ``patient`` grants the full number of attempts.

        Raises Stopped with a named reason: ``silent``, ``malformed``, ``auth_failed``, ``budget_…``.
        """
