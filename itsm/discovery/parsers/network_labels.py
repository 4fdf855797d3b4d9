"""Version and system texts of network CLIs that have no template: read by their labels.

``Serial Number : X``, ``System Type: Y`` and the like mean the same on every device, so one reader does for all;
Comware and EXOS, whose lines have no labels, have a pattern each.
"""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.layout import key_values
from itsm.discovery.parsers.network_identity import seconds_of
from itsm.discovery.parsers.network_makers import SYSTEMS, maker_of
from itsm.discovery.parsers.values import known, mac_of, present

_COMMANDS: Final = re.compile(r"(?:show|display)_(?:version|system|switch|platform.*|inventory|esn|device.*)\Z")
_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "vendor": ("hardware vendor", "manufacturer", "vendor"),
    "model": ("system type", "hardware model", "hwsku", "model", "product name", "product", "platform", "switch model"),
    "serial": ("serial number", "hardware s/n", "system serial number", "chassis serial number", "serial no", "s/n"),
    "uuid": ("hardware uuid",),
    "version": ("os version", "software version", "sonic software version", "version", "firmware version"),
    "hostname": ("hostname", "sysname", "system name", "host name"),
    "base_mac": ("base mac address", "system mac", "mac address", "base mac"),
    "bios": ("bios version", "boot version"),
    "uptime": ("up time", "uptime", "system uptime", "system uptime is"),
}  # fmt: skip
_COMWARE: Final = re.compile(
    r"(?m)^(?:(H3C|HPE?) )?Comware (?:Platform )?Software, Version ([\w.]+),? ?(?:Release (\w+))?"
)
_COMWARE_MODEL: Final = re.compile(r"(?m)^(H3C|HPE?) (\S.{0,80}?) uptime is (.{1,80})$")
_EXOS_SWITCH: Final = re.compile(r"(?m)^Switch\s*: (\S+) (\S+) Rev .{0,80}?IMG: (\S+)")


def reads(command: str) -> bool:
    """Tell whether a command's text is one that may be read by its labels."""
    return bool(_COMMANDS.match(re.sub(r"[\s-]+", "_", command.strip().lower())))


def read_labels(platform: str, command: str, text: str) -> dict[str, Any] | None:
    """Return the facts of a version text by its labels, or None for a command that is none."""
    if not reads(command):
        return None
    values = {name.lower(): value for name, value in key_values(text).items()}
    found = {
        field: next((data for label in labels if (data := known(values.get(label)))), None)
        for field, labels in _LABELS.items()
    }
    if match := _COMWARE.search(text):
        found |= {"vendor": match.group(1) or found["vendor"], "version": match.group(2)}
        found["build"] = match.group(3)
    if match := _COMWARE_MODEL.search(text):
        found |= {"vendor": match.group(1), "model": match.group(2), "uptime": match.group(3)}
    if match := _EXOS_SWITCH.search(text):
        found |= {"serial": match.group(2), "version": match.group(3), "part_number": match.group(1)}
    return _facts(platform, found)


def _facts(platform: str, found: dict[str, str | None]) -> dict[str, Any]:
    vendor = found["vendor"] or maker_of(platform)
    system = present(
        vendor=vendor,
        model=found["model"],
        serial=found["serial"],
        uuid=found["uuid"],
        part_number=found.get("part_number"),
    )
    version = re.sub(r"^(?:VyOS|SONiC\.?)\s*", "", found["version"] or "")
    return {
        "system": system if system.keys() - {"vendor"} or version else {},
        "os": present(name=SYSTEMS.get(platform), version=version, build=found.get("build")) if version else {},
        "bios": present(version=found["bios"]),
        "hostname": found["hostname"],
        "base_mac": mac_of(found["base_mac"]),
        "uptime": seconds_of(found["uptime"] or ""),
    }
