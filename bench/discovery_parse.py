"""How many of the expected plain fields of recorded command outputs the parsers give, by source and kind.

    python bench/discovery_parse.py [--misses KIND] [--slowest N]

The recordings are read from ``$ITSM_CORPORA/ssh`` (default: ``../shared/corpora/ssh`` beside the repository).  A plain
field is a scalar of the expected parse that is not null; where the recording's maker uses other names and units, the
table below says which of our facts is the same thing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ruamel.yaml import YAML

from itsm.discovery.parsers import UnknownKind, parse
from itsm.discovery.parsers.values import ip_of

Field = tuple[str, Any, Any]
"""(path, expected, found)"""


PLACEHOLDER = re.compile(r"Empty|Unknown|NO DIMM|Not Supported by CPU|0x0+|0+|\.+|X+|0123456789|Asset-1234567890")


def corpora() -> Path:
    """Return the folder of recordings."""
    default = Path(__file__).resolve().parent.parent.parent / "shared"
    base = Path(os.environ.get("ITSM_CORPORA", default))
    return next((path for path in (base / "ssh", base / "corpora" / "ssh") if path.is_dir()), base)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, scalar) of nested JSON."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}.{number}")
    elif value is not None:
        yield path, value


def by_rows(expected: Any, facts: dict[str, Any]) -> Iterator[Field]:
    """Compare rows cell by cell."""
    found = dict(leaves(facts.get("rows")))
    for path, value in leaves(expected):
        yield path, value, found.get(path)


def mega(value: Any, unit: int = 1024**2) -> int | None:
    return None if value is None else value // unit


def listed(
    expected: Any, found: list[dict[str, Any]], names: dict[str, Any], key: str | None = None
) -> Iterator[Field]:
    """Compare a list of expected rows with ours by position, or by a column's value."""
    for number, row in enumerate(expected):
        if key is not None:
            read = names[key]
            mine = next((item for item in found if str(read(item)) == str(row.get(key))), {})
        else:
            mine = found[number] if number < len(found) else {}
        for name, value in row.items():
            if value is not None and name in names:
                yield f"{number}.{name}", value, names[name](mine)


def _get(*path: str) -> Any:
    def read(facts: dict[str, Any]) -> Any:
        value: Any = facts
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return read


def _mask(item: dict[str, Any], family: str = ".") -> Any:
    import ipaddress

    for address in item.get("addresses", []):
        if family in address["address"] and "prefix" in address:
            return str(ipaddress.ip_network(f"0.0.0.0/{address['prefix']}").netmask) if family == "." else None
    return None


def _subnet(item: dict[str, Any]) -> Any:
    import ipaddress

    for address in item.get("addresses", []):
        if "." in address["address"] and "prefix" in address:
            return str(ipaddress.ip_network(f"{address['address']}/{address['prefix']}", strict=False).network_address)
    return None


SYSTEM = {
    "SMANUFACTURER": _get("system", "vendor"), "SMODEL": _get("system", "model"), "SSN": _get("system", "serial"),
    "UUID": _get("system", "uuid"), "SKUNUMBER": _get("system", "sku"), "BMANUFACTURER": _get("bios", "vendor"),
    "BVERSION": _get("bios", "version"), "BDATE": _get("bios", "date"), "MMANUFACTURER": _get("baseboard", "vendor"),
    "MMODEL": _get("baseboard", "model"), "MSN": _get("baseboard", "serial"), "CHASSIS_TYPE": _get("chassis", "type"),
    "ASSETTAG": _get("chassis", "asset_tag"), "FULL_NAME": _get("os", "full_name"), "NAME": _get("os", "name"),
    "VERSION": _get("os", "version"),
}  # fmt: skip
MEMORY = {
    "CAPACITY": lambda m: mega(m.get("size")), "CAPTION": _get("slot"), "DESCRIPTION": _get("form_factor"),
    "MANUFACTURER": _get("vendor"), "MEMORYCORRECTION": _get("error_correction"), "MODEL": _get("model"),
    "SERIALNUMBER": _get("serial"), "SPEED": _get("speed_mhz"), "TYPE": _get("type"),
}  # fmt: skip
MAC_MEMORY = {name: MEMORY[name] for name in ("CAPACITY", "SERIALNUMBER", "SPEED", "TYPE")}
CPU = {
    "NAME": _get("name"), "MANUFACTURER": _get("vendor"), "CORE": _get("cores"), "SPEED": _get("speed_mhz"),
    "THREAD": lambda c: (c.get("threads") or 0) // (c.get("cores") or 1), "ID": _get("cpuid"),
    "FAMILYNAME": _get("family"), "FAMILYNUMBER": _get("family_number"), "MODEL": _get("model_number"),
    "STEPPING": _get("stepping"), "EXTERNAL_CLOCK": _get("external_clock_mhz"), "SERIAL": _get("serial"),
}  # fmt: skip
DISK = {
    "MODEL": _get("model"), "SERIALNUMBER": _get("serial"), "FIRMWARE": _get("firmware"), "WWN": _get("wwn"),
    "INTERFACE": _get("interface"), "DISKSIZE": lambda d: mega(d.get("size"), 1_000_000), "TYPE": _get("type"),
    "MANUFACTURER": _get("vendor"),
}  # fmt: skip
FILESYSTEM = {
    "VOLUMN": _get("device"), "TYPE": _get("mount"), "FILESYSTEM": _get("type"),
    "TOTAL": lambda f: mega(f.get("size")), "FREE": lambda f: mega(f.get("free")),
}  # fmt: skip
INTERFACE = {
    "DESCRIPTION": _get("name"), "MACADDR": _get("mac"), "MTU": _get("mtu"),
    "IPADDRESS": lambda i: next((ip for ip in i.get("ips", []) if "." in ip), None),
    "IPADDRESS6": lambda i: [ip for ip in i.get("ips", []) if ":" in ip], "IPMASK": _mask, "IPSUBNET": _subnet,
}  # fmt: skip
VOLUME = {
    "DEVICE": _get("device"), "FORMAT": _get("format"), "ATTR": _get("attributes"), "PV_UUID": _get("uuid"),
    "VG_UUID": _get("group_uuid"), "PV_PE_COUNT": _get("extents"), "SIZE": lambda v: mega(v.get("size"), 1_000_000),
    "FREE": lambda v: mega(v.get("free"), 1_000_000),
}  # fmt: skip
GROUP = {
    "VG_NAME": _get("name"), "VG_UUID": _get("uuid"), "ATTR": _get("attributes"), "PV_COUNT": _get("physical_volumes"),
    "LV_COUNT": _get("logical_volumes"), "SIZE": VOLUME["SIZE"], "FREE": VOLUME["FREE"],
}  # fmt: skip
PCI = {
    "PCISLOT": _get("slot"), "NAME": _get("type"), "MANUFACTURER": _get("name"), "PCICLASS": _get("class_id"),
    "PCIID": _get("id"), "PCISUBSYSTEMID": _get("subsystem_id"), "REV": _get("revision"),
}  # fmt: skip
LISTS = {
    "dmidecode-memory": ("memory_modules", MEMORY, None), "dmidecode-cpu": ("cpus", CPU, None),
    "macos-memory": ("memory_modules", MAC_MEMORY, None), "df": ("filesystems", FILESYSTEM, "TYPE"),
    "pvs": ("physical_volumes", VOLUME, None), "vgs": ("volume_groups", GROUP, None),
    "lspci": ("pci_devices", PCI, None), "ifconfig": ("interfaces", INTERFACE, "DESCRIPTION"),
}  # fmt: skip


def by_facts(kind: str, expected: Any, facts: dict[str, Any], text: str) -> Iterator[Field]:
    """Compare an agent's inventory records with our facts."""
    if kind in LISTS:
        part, names, key = LISTS[kind]
        yield from listed(expected, facts.get(part, []), names, key)
    elif kind in ("dmidecode-system", "dmidecode-chassis", "os-release"):
        yield from ((name, value, SYSTEM[name](facts)) for name, value in expected.items() if value is not None)
    elif kind in ("hdparm", "smartctl"):
        disk = next(iter(facts.get("disks", [])), {})
        yield from ((name, value, DISK[name](disk)) for name, value in expected.items() if name in DISK and value)
    elif kind == "macos-ifconfig":
        yield from listed(
            expected, facts.get("interfaces", []), {k: v for k, v in INTERFACE.items() if k != "DESCRIPTION"}
        )
    elif kind == "ip-addr":
        yield from _addresses(expected, facts)
    elif kind == "ipmi-fru":
        yield from _fru(expected, facts, text)
    elif kind == "ip-route":
        yield "default_gateway", expected, facts.get("default_gateway")
    elif kind == "netstat":
        first: dict[str, Any] = {}
        for route in facts.get("routes", []):
            first.setdefault(route["destination"], []).append(route.get("gateway"))
        for destination, gateway in expected.items():
            yield destination, gateway, gateway if gateway in first.get(destination, []) else first.get(destination)
    elif kind == "mount":
        yield from ((str(n), kind_, facts["filesystems"][n].get("type")) for n, kind_ in enumerate(expected))
    elif kind == "proc-cpuinfo":
        yield from _cpuinfo(expected, facts)


def _addresses(expected: list[dict[str, Any]], facts: dict[str, Any]) -> Iterator[Field]:
    for number, row in enumerate(expected):
        mine = next((i for i in facts.get("interfaces", []) if i["name"] == row["DESCRIPTION"]), {})
        yield f"{number}.name", row["DESCRIPTION"], mine.get("name")
        if row.get("MACADDR") and row["MACADDR"] != "00:00:00:00:00:00":
            yield f"{number}.mac", row["MACADDR"], mine.get("mac")
        address = row.get("IPADDRESS") or row.get("IPADDRESS6")
        if address:
            yield f"{number}.ip", address, address if address.lower() in mine.get("ips", []) else mine.get("ips")
        if row.get("IPMASK"):
            yield (
                f"{number}.mask",
                row["IPMASK"],
                _mask({"addresses": [a for a in mine.get("addresses", []) if a["address"] == address]}),
            )


def _fru(expected: list[dict[str, Any]], facts: dict[str, Any], text: str) -> Iterator[Field]:
    """Only modules that the output tells of: the expected list is joined with another command's."""
    for row in expected:
        serial = str(row.get("SERIALNUMBER") or "")
        if serial and serial.lower() in text.lower():
            mine = next(
                (m for m in facts.get("memory_modules", []) if m.get("serial", "").lower() == serial.lower()), {}
            )
            for name in ("SERIALNUMBER", "MODEL", "CAPACITY"):
                if row.get(name) is not None:
                    yield name, row[name], MEMORY[name](mine)


def _cpuinfo(expected: list[dict[str, Any]], facts: dict[str, Any]) -> Iterator[Field]:
    rows = [{str(k).lower(): v for k, v in row.items()} for row in facts.get("rows") or [] if isinstance(row, dict)]
    for number, row in enumerate(expected):
        mine = rows[number] if number < len(rows) else {}
        for name, value in row.items():
            found = mine.get(name)
            if isinstance(found, bool):
                found = "yes" if found else "no"
            if isinstance(found, list):
                found = " ".join(found)
            yield f"{number}.{name}", value, found


def same(expected: Any, found: Any) -> bool:
    """Tell whether two scalars are equal, whatever their type, letter case of MACs and white space."""
    if found is None:
        return False
    if isinstance(found, list):
        return any(same(str(expected).partition("/")[0], item) for item in found)
    if expected == found:
        return True
    if ":" in str(expected) and (address := ip_of(str(expected))) and "." not in str(expected):
        return address == ip_of(str(found))
    left, right = (" ".join(str(value).split()).lower() for value in (expected, found))
    if re.fullmatch(r"-?\d+\.\d+", left) and re.fullmatch(r"-?\d+(\.\d+)?", right):
        return float(left) == float(right)
    return left == right


def score(line: dict[str, Any], root: Path) -> tuple[list[Field], float]:
    """Parse one recording; return its fields and the seconds it took."""
    text = (root / line["file"]).read_text(encoding="utf-8", errors="replace")
    kind = line["kind"] if line["source"] != "ntc" else f"{line['kind']}/{line['name']}"
    started = time.perf_counter()
    try:
        facts = parse(kind, text)
    except UnknownKind:
        facts = {}
    seconds = time.perf_counter() - started
    if not line["expected"]:
        fields = [("software", "some", "some" if facts.get("software") else None)]
        return fields, seconds
    raw = (root / line["expected"]).read_text(encoding="utf-8")
    if line["source"] == "ntc":
        expected = YAML(typ="safe").load(raw)["parsed_sample"]
        return list(by_rows(expected, facts)), seconds
    expected = json.loads(raw)
    if line["source"] == "jc":
        return list(by_rows(expected, facts)), seconds
    return list(by_facts(line["kind"], expected, facts, text)), seconds


def main() -> int:
    options = argparse.ArgumentParser(description="Score the command parsers on recorded outputs.")
    options.add_argument("--misses", metavar="KIND", help="print what differs in this kind (or 'all')")
    options.add_argument("--slowest", type=int, default=0, metavar="N")
    chosen = options.parse_args()
    root = corpora()
    if not (root / "index.jsonl").is_file():
        print(f"skipped: no recordings in {root} (set ITSM_CORPORA)")
        return 0
    total: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    times = []
    silent = 0
    for line in map(json.loads, (root / "index.jsonl").read_text(encoding="utf-8").splitlines()):
        fields, seconds = score(line, root)
        key = (line["source"], line["kind"])
        times.append((seconds, line["file"]))
        for path, expected, found in fields:
            if PLACEHOLDER.fullmatch(str(expected)) and line["source"] == "glpi" and found is None:
                silent += 1
                continue
            total[key] += 1
            right[key] += same(expected, found)
            if chosen.misses in (line["kind"], line["source"], "all") and not same(expected, found):
                print(f"  {line['kind']} {line['name']} {path}: expected {expected!r}, found {found!r}")
    for key in sorted(total):
        print(f"{key[0]:5} {key[1]:24} {right[key]:6} of {total[key]:6}  {100 * right[key] / total[key]:6.2f} %")
    for source in sorted({key[0] for key in total}):
        good, all_ = (sum(c[k] for k in total if k[0] == source) for c in (right, total))
        print(f"{source:5} {'all':24} {good:6} of {all_:6}  {100 * good / all_:6.2f} %")
    print(f"{'all':30} {right.total():6} of {total.total():6}  {100 * right.total() / total.total():6.2f} %")
    print(f"not counted: {silent} placeholders (Empty, Unknown, NO DIMM, 0x00000000 ...) that we are silent about")
    print(f"parsed {len(times)} outputs in {sum(s for s, _ in times):.1f} s")
    for seconds, name in sorted(times, reverse=True)[: chosen.slowest]:
        print(f"  {seconds:6.2f} s {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
