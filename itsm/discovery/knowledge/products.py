"""What the value of sysObjectID itself says: the hand-kept lines, and the names that vendor MIBs register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import product_lines, registered_product
from itsm.discovery.knowledge.reading import SYS_OBJECT_ID, Reading

_VAGUE: Final = re.compile(
    r"(products?|devices?|mib|agents?|modules?|traps?|objects?|family|series|oids?|group|reg)$", re.I
)


def from_products(reading: Reading, *, makers_known: bool) -> Iterator[Candidate]:
    """Yield what the product identifier means."""
    oid = reading.object_id
    if makers_known:
        lines = product_lines()
        parts = oid.split(".")
        for length in range(len(parts), 7, -1):
            line = lines.get(".".join(parts[:length]))
            if line is not None:
                rule = f"product identifier {line.oid}"
                for field, value in line.constants.items():
                    yield Candidate(field, value, SYS_OBJECT_ID, rule, 0.88)
                break
    found = registered_product(oid)
    if found is not None and not _VAGUE.search(found[0]) and any(c.isdigit() for c in found[0]):
        yield Candidate("model", found[0], SYS_OBJECT_ID, f"registered below {found[1]}", 0.6)
