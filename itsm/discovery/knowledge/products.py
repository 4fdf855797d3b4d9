"""What the value of sysObjectID itself says: the hand-kept lines, and the names that vendor MIBs register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import product_lines
from itsm.discovery.knowledge.public_facts import registered_product
from itsm.discovery.knowledge.reading import SYS_OBJECT_ID, Reading

_VAGUE: Final = re.compile(
    r"(products?|devices?|mib|agents?|modules?|traps?|objects?|family|series|oids?|group|reg)$", re.I
)

_LEAD: Final = re.compile(r"^(jnxProduct(Name|Line|Model)?|arubaWiredSwitch|prod(uct)?(?=[A-Z]))")


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
    if found is not None:
        name = product_name(*found)
        if name is not None:
            yield Candidate("model", name, SYS_OBJECT_ID, f"registered as {found[0]}", 0.57)


def product_name(name: str, under: str) -> str | None:
    """Return a registered product's name as people write it, or None where it names no single product.

    The parent's name in front is dropped, and so are words that only say "product".

    >>> product_name("jnxProductNameMX80", "jnxProductName"), product_name("ciscoProducts", "cisco")
    ('MX80', None)
    """
    if _VAGUE.search(name) or not any(char.isdigit() for char in name):
        return None
    short = name
    for lead in (
        under,
        under.removesuffix("s"),
        under.removesuffix("Products"),
        under.removesuffix("Product"),
    ):
        if len(lead) > 2 and name.lower().startswith(lead.lower()) and len(name) - len(lead) >= 3:
            short = name[len(lead) :]
            break
    short = _LEAD.sub("", short)
    return short if any(char.isdigit() for char in short) and len(short) >= 3 else name
