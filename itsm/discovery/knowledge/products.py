"""What the value of sysObjectID itself says: the hand-kept lines, and the names that vendor MIBs register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from itsm.discovery.knowledge.candidates import Candidate
from itsm.discovery.knowledge.catalog import product_lines
from itsm.discovery.knowledge.plausible import letters_digits
from itsm.discovery.knowledge.public_facts import registered_product
from itsm.discovery.knowledge.reading import SYS_OBJECT_ID, Reading

MIN_PRINTED: Final = 4
_VAGUE: Final = re.compile(
    r"(products?|devices?|mib|agents?|modules?|traps?|objects?|family|series|oids?|group|reg)$", re.I
)

_LEAD: Final = re.compile(
    r"^(jnxProduct(Name|Line|Model)?|arubaWiredSwitch|prod(uct)?(?=[A-Z])|s?reg-|unitType(?=[A-Z])|tmnxModel|wingSysoid"
    r"|etsysOid(Dev|Phy)?|lcsProducts|cmcIIIProductChassis)"
)
_TAIL: Final = re.compile(r"(?<=.{3})(?:Reg|Array|Prod(?:ucts?)?|Device|SysOid)$")
"""What a MIB's author hung on a name; nobody prints it on a box."""
_MODEL_LEAD: Final = re.compile(r"^[a-z]\w*?Model(?=[A-Z\d]\w{2,})|^[a-z]\w*?ProductName(?=[A-Z]\w{2,})")
"""Where a MIB's author wrote "this is the model", what follows is one even without a digit (jnxProductNameVMX)."""
_VIRTUAL: Final = re.compile(r"vm\w{0,3}$|virtual|cloud", re.I)
_MACHINE: Final = re.compile(r"Virtual(?:Machine|Appliance|Edition|Router|Switch|Firewall|Chassis)$")
"""What runs as a virtual machine has no number on a box; MIBs register it all the same."""
_MODELS: Final = re.compile(r"Models?(?:OIDs?)?$")
_FIRST_WORD: Final = re.compile(r"[a-z][a-z0-9]{2,}(?=[A-Z_-]|$)")


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
            value = as_printed(name, reading.descr)
            yield Candidate("model", value, SYS_OBJECT_ID, f"registered as {found[0]}", 0.57)


def as_printed(name: str, descr: str) -> str:
    """Return a name as sysDescr prints it, where the same letters and digits stand there as words of their own.

    >>> as_printed("panPA3250", "x"), as_printed("a2h12324", "Enterasys A2H123-24 Rev 03.02")
    ('panPA3250', 'A2H123-24')
    """
    wanted = letters_digits(name)
    places = [place for place, char in enumerate(descr) if char.isascii() and char.isalnum()]
    start = "".join(descr[place] for place in places).lower().find(wanted) if len(wanted) >= MIN_PRINTED else -1
    if start < 0:
        return name
    first, last = places[start], places[start + len(wanted) - 1]
    bounded = not descr[first - 1 : first].isalnum() and not descr[last + 1 : last + 2].isalnum()
    printed = descr[first : last + 1]
    return printed if bounded and "\n" not in printed else name


def product_name(name: str, under: str) -> str | None:
    """Return a registered product's name as people write it, or None where it names no single product.

    The parent's name in front is dropped, its first word too, and so are words that only say "product".

    >>> product_name("jnxProductNameMX80", "jnxProductName"), product_name("ciscoProducts", "cisco")
    ('MX80', None)
    >>> product_name("ruckusR610", "ruckusWirelessHotzoneProducts"), product_name("xr4426Array", "products")
    ('R610', 'xr4426')
    """
    called = _MODEL_LEAD.match(name)
    if called is not None and not _VAGUE.search(rest := _TAIL.sub("", name[called.end() :])):
        return rest
    name = _TAIL.sub("", name) if any(char.isdigit() for char in name) else name
    if _VAGUE.search(name):
        return None
    if not any(char.isdigit() for char in name):
        modelled = _MODELS.search(under) and _VIRTUAL.search(name)
        return name if modelled or _MACHINE.search(name) else None
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
    word = _FIRST_WORD.match(under)
    if word is not None and short == name and re.match(re.escape(word.group()) + "[A-Z]", name):
        short = name[word.end() :]
    short = short.lstrip("-_")
    return short if any(char.isdigit() for char in short) and len(short) >= 3 else name
