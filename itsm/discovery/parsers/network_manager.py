"""NetworkManager's and UPower's tools: ``nmcli device show`` and ``upower -d``."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.layout import key_values
from itsm.discovery.parsers.values import ip_of, known, mac_of, present


def nmcli(text: str) -> dict[str, Any]:
    """Return interfaces of ``nmcli device show`` (other tables of nmcli carry none)."""
    found = []
    for part in re.split(r"(?m)^(?=GENERAL\.DEVICE:)", text):
        values = key_values(part)
        name = known(values.get("GENERAL.DEVICE"))
        if name is None:
            continue
        mtu = values.get("GENERAL.MTU", "")
        listed = [value for key, value in values.items() if re.match(r"IP[46]\.ADDRESS\[\d+\]", key)]
        addresses = []
        for value in listed:
            _, _, prefix = value.partition("/")
            if address := ip_of(value):
                addresses.append(present(address=address, prefix=int(prefix) if prefix.isdigit() else None))
        found.append(
            present(
                name=name,
                mac=mac_of(values.get("GENERAL.HWADDR")),
                mtu=int(mtu) if mtu.isdigit() else None,
                type=known(values.get("GENERAL.TYPE")),
                link=values.get("GENERAL.STATE", "").startswith("100"),
            )
            | {"ips": [item["address"] for item in addresses], "addresses": addresses}
        )
    return {"interfaces": found}


def upower(text: str) -> dict[str, Any]:
    """Return ``batteries`` of ``upower -d`` or ``-i``; capacities in mWh."""
    found = []
    for part in re.split(r"(?m)^(?=Device:|  native-path:)", text):
        values = key_values(part)
        if not re.search(r"(?m)^\s+battery\s*$", part) or values.get("power supply") != "yes":
            continue
        found.append(
            present(
                vendor=known(values.get("vendor")),
                model=known(values.get("model")),
                serial=known(values.get("serial")),
                chemistry=known(values.get("technology")),
                capacity_mwh=_milli(values.get("energy-full-design")),
                full_mwh=_milli(values.get("energy-full")),
            )
        )
    return {"batteries": found}


def _milli(value: str | None) -> int | None:
    match = re.match(r"(\d{1,9})(?:[.,](\d{1,9}))?\s*Wh", value or "")
    return round(float(f"{match.group(1)}.{match.group(2) or 0}") * 1000) if match else None
