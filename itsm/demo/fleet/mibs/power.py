"""UPS-MIB (RFC 1628): maker, model, battery and load."""

from __future__ import annotations

from typing import Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import Writer
from itsm.demo.fleet.world import Facts, fill

_UPS: Final = "1.3.6.1.2.1.33.1"
_NORMAL: Final = 2


def write_ups(writer: Writer, facts: Facts) -> None:
    """Write a UPS; nothing for a device without a ``ups`` table."""
    ups: Facts | None = facts.get("ups")
    if ups is None:
        return
    for number, key in enumerate(("maker", "model", "firmware", "agent", "name"), 1):
        writer.text(f"{_UPS}.1.{number}.0", fill(str(ups.get(key, "")), facts))
    writer.number(f"{_UPS}.2.1.0", ups.get("battery_status", _NORMAL))
    writer.number(f"{_UPS}.2.2.0", ups.get("seconds_on_battery", 0))
    writer.number(f"{_UPS}.2.3.0", ups["minutes_left"])
    writer.number(f"{_UPS}.2.4.0", ups["charge"])
    writer.number(f"{_UPS}.2.7.0", ups.get("temperature", 24))
    writer.number(f"{_UPS}.3.2.0", 1)
    writer.row(f"{_UPS}.3.3.1", 1, {2: ber.integer(500), 3: ber.integer(ups.get("input", 231))})
    writer.number(f"{_UPS}.4.1.0", ups.get("output_source", 3))
    writer.number(f"{_UPS}.4.3.0", 1)
    writer.row(f"{_UPS}.4.4.1", 1, {2: ber.integer(ups.get("output", 230)), 5: ber.integer(ups["load"])})
