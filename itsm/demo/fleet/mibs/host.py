"""HOST-RESOURCES-MIB: memory, file systems, processors and installed software of a computer."""

from __future__ import annotations

from typing import Any, Final

from itsm.demo.fleet import ber
from itsm.demo.fleet.mibs.rows import Writer, uptime
from itsm.demo.fleet.world import Facts

_HOST: Final = "1.3.6.1.2.1.25"
_STORAGE_RAM, _STORAGE_DISK = f"{_HOST}.2.1.2", f"{_HOST}.2.1.4"
_PROCESSOR: Final = f"{_HOST}.3.1.3"
_APPLICATION: Final = 4
_UNIT: Final = 4096


def memory_bytes(facts: Facts) -> int:
    """Return the installed memory in octets."""
    return sum(int(module["size_gb"]) for module in facts.get("memory", ())) << 30


def write_host(writer: Writer, facts: Facts, packages: list[str]) -> None:
    """Write a computer; ``packages`` as ``name version`` lines. Nothing for a device without memory."""
    if not facts.get("memory"):
        return
    writer.put(f"{_HOST}.1.1.0", uptime)
    writer.put(f"{_HOST}.1.5.0", ber.gauge32(len(facts.get("users", ()))))
    writer.put(f"{_HOST}.1.6.0", ber.gauge32(180 + len(packages)))
    writer.number(f"{_HOST}.2.2.0", memory_bytes(facts) // 1024)
    _write_storage(writer, 1, "Physical memory", _STORAGE_RAM, unit=1024, octets=memory_bytes(facts), share=0.6)
    for number, mount in enumerate(facts.get("filesystems", ()), 31):
        share = mount["used_kb"] / mount["size_kb"]
        size = mount["size_kb"] * 1024
        _write_storage(writer, number, mount["mount"], _STORAGE_DISK, unit=_UNIT, octets=size, share=share)
    processor: dict[str, Any] = facts.get("cpu", {})
    for number in range(processor.get("sockets", 1) * processor.get("cores", 1)):
        _write_processor(writer, 196608 + number, processor)
    for number, package in enumerate(packages, 1):
        _write_package(writer, number, package, facts)


def _write_storage(writer: Writer, number: int, name: str, kind: str, *, unit: int, octets: int, share: float) -> None:
    writer.row(f"{_HOST}.2.3.1", number, {
        1: ber.integer(number), 2: ber.oid(ber.arcs_of(kind)), 3: ber.octets(name), 4: ber.integer(unit),
        5: ber.integer(octets // unit), 6: ber.integer(int(octets // unit * share)),
    })  # fmt: skip


def _write_processor(writer: Writer, number: int, processor: dict[str, Any]) -> None:
    writer.row(f"{_HOST}.3.2.1", number, {
        1: ber.integer(number), 2: ber.oid(ber.arcs_of(_PROCESSOR)), 3: ber.octets(processor.get("model", "CPU")),
        4: ber.oid((0, 0)), 5: ber.integer(2),
    })  # fmt: skip


def _write_package(writer: Writer, number: int, package: str, facts: Facts) -> None:
    name, version, *_rest = package.split()
    title = f"{name}-{version}" if facts.get("packager") == "rpm" else f"{name}_{version}_amd64"
    writer.row(f"{_HOST}.6.3.1", number, {
        1: ber.integer(number), 2: ber.octets(title), 3: ber.oid((0, 0)), 4: ber.integer(_APPLICATION),
        5: ber.octets(b"\x07\xea\x03\x0b\x09\x1e\x00\x00"),
    })  # fmt: skip
