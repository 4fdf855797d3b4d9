"""What sort of thing it is."""

from __future__ import annotations

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import brands
from itsm.discovery.knowledge.reading import SYS_OBJECT_ID, Reading


def from_kinds(reading: Reading) -> list[Candidate]:
    """Return kinds by enterprise number and by the MIBs the agent has."""
    found = []
    own = reading.enterprise
    if own in brands() and own is not None:
        kind = brands()[own].kind
        if kind is not DeviceKind.UNKNOWN:
            found.append(Candidate("kind", kind.value, SYS_OBJECT_ID, f"enterprise number {own}", 0.6))
    if reading.has("1.3.6.1.2.1.43.5"):
        found.append(Candidate("kind", "printer", "1.3.6.1.2.1.43", "has Printer-MIB", 0.9))
    if reading.has("1.3.6.1.2.1.33.1"):
        found.append(Candidate("kind", "ups", "1.3.6.1.2.1.33", "has UPS-MIB", 0.85))
    return found
