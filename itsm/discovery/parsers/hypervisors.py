"""Virtual machines, zones, jails and containers that a hypervisor lists."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.bounds import json_lines
from itsm.discovery.parsers.layout import columns, records
from itsm.discovery.parsers.values import integer, known, present, size_of


def virsh_list(text: str) -> dict[str, Any]:
    """Return ``virtual_machines [{id, name, state}]`` of ``virsh list --all``."""
    pattern = re.compile(
        r"\s*(\d+|-)\s+(\S.*?)\s+(running|idle|paused|in shutdown|shut off|crashed|dying|pmsuspended)$"
    )
    rows = [match.groups() for line in records(text) if (match := pattern.match(line[:512]))]
    return {"virtual_machines": [present(id=known(number), name=name, state=state) for number, name, state in rows]}


def getallvms(text: str) -> dict[str, Any]:
    """Return virtual machines of ESXi's ``vim-cmd vmsvc/getallvms``."""
    pattern = re.compile(r"(\d+)\s+(\S.*?)\s+\[([^\]]*)\] (\S.*?\.vmx)\s+(\S+)\s+vmx-(\d+)")
    found = []
    for line in records(text):
        if match := pattern.match(line[:2048]):
            number, name, store, path, guest, _ = match.groups()
            found.append({"id": number, "name": name, "datastore": store, "path": path, "guest": guest})
    return {"virtual_machines": found}


def esxcli_vms(text: str) -> dict[str, Any]:
    """Return running virtual machines of ``esxcli vm process list``."""
    found = []
    for part in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in part.split("\n") if line.strip()]
        values = dict(re.findall(r"(?m)^\s+([A-Z][^:\n]{1,40}): (.*)$", part))
        if lines and "World ID" in values:
            name = values.get("Display Name") or lines[0].strip()
            found.append(
                present(
                    name=name,
                    id=values["World ID"],
                    uuid=known(values.get("UUID")),
                    path=values.get("Config File"),
                    state="running",
                )
            )
    return {"virtual_machines": found}


def proxmox(text: str) -> dict[str, Any]:
    """Return virtual machines of Proxmox' ``qm list`` and ``pct list``."""
    found = []
    for line in records(text):
        words = line.split()
        if len(words) >= 3 and words[0].isdigit():
            state = next((word for word in words[1:] if word in ("running", "stopped", "paused", "suspended")), None)
            name = words[1] if words[1] != state else words[-1]
            found.append(present(id=words[0], name=name, state=state))
    return {"virtual_machines": found}


def xl_list(text: str) -> dict[str, Any]:
    """Return virtual machines of Xen's ``xl list`` or ``xm list``; the control domain is left out."""
    states = {"r": "running", "b": "idle", "p": "paused", "s": "shut off", "c": "crashed", "d": "dying"}
    pattern = re.compile(r"(\S.{0,200}?)\s+(\d+)\s+(\d+)\s+(\d+)\s+([rbpscd-]{4,6})\s+[\d.]+\s*$")
    found = []
    for line in records(text):
        match = pattern.match(line[:512])
        if match and match.group(2) != "0":
            name, number, memory, processors, flags = match.groups()
            state = next((states[flag] for flag in flags if flag in states), None)
            found.append(present(name=name, id=number, memory=int(memory) * 1024**2, cpus=int(processors), state=state))
    return {"virtual_machines": found}


def vboxmanage(text: str) -> dict[str, Any]:
    """Return virtual machines of ``VBoxManage list [--long] vms`` and ``list runningvms``."""
    found: list[dict[str, Any]] = []
    for line in records(text):
        if match := re.match(r'"(.{1,200})" \{([0-9a-f-]{36})\}$', line):
            found.append({"name": match.group(1), "uuid": match.group(2)})
        elif match := re.match(r"(Name|UUID|Memory size|State|Guest OS|Number of CPUs)(?::|\s)\s*(\S.*)$", line):
            _vbox_field(found, *match.groups())
    return {"virtual_machines": [item for item in found if "uuid" in item]}


def _vbox_field(found: list[dict[str, Any]], field: str, value: str) -> None:
    if field == "Name" and not (found and "uuid" not in found[-1] and "name" in found[-1]):
        found.append({"name": value})
    elif not found:
        return
    elif field == "UUID":
        found[-1].setdefault("uuid", value)
    elif field == "Memory size":
        found[-1].setdefault("memory", size_of(value))
    elif field == "State":
        found[-1].setdefault("state", value.split(" (")[0])
    elif field == "Guest OS":
        found[-1].setdefault("guest", value)
    elif field == "Number of CPUs":
        found[-1].setdefault("cpus", integer(value))


def containers_of_lxc(text: str) -> dict[str, Any]:
    """Return containers of ``lxc-ls -f`` and ``lxc list`` (table or ``--format json``)."""
    found = []
    for item in json_lines(text) if text.lstrip()[:1] == "[" else []:
        found.append(present(name=item.get("name"), state=str(item.get("status") or "").lower(), type=item.get("type")))
    for line in [] if found else records(text):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else line.split()
        if len(cells) >= 2 and cells[1].upper() in ("RUNNING", "STOPPED", "FROZEN", "ABORTING"):
            found.append({"name": cells[0], "state": cells[1].lower()})
    return {"containers": found}


def openvz_list(text: str) -> dict[str, Any]:
    """Return containers of ``vzlist -a`` (the id first) and machines of ``prlctl list -a`` (the UUID first)."""
    machines, boxes = [], []
    for line in records(text):
        words = line.split()
        state = next((word for word in words if word in ("running", "stopped", "suspended", "mounted", "paused")), None)
        if state is None or len(words) < 3:
            continue
        if words[0].isdigit():
            boxes.append(present(id=words[0], name=known(words[-1]), state=state))
        elif match := re.match(r"\{?([0-9a-fA-F-]{36})\}?\s+\w+\s+\S+\s+(?:CT|VM)?\s*(.+)$", line.strip()):
            machines.append({"uuid": match.group(1).lower(), "name": match.group(2).strip(), "state": state})
    return {"containers": boxes, "virtual_machines": machines}


def zones(text: str) -> dict[str, Any]:
    """Return zones of Solaris' ``zoneadm list -cp`` without the global one."""
    found = []
    for line in records(text):
        cells = line.split(":")
        if len(cells) >= 4 and cells[1] and cells[1] != "global":
            uuid = cells[4] if len(cells) > 4 else None
            found.append(present(id=known(cells[0]), name=cells[1], state=cells[2], path=cells[3], uuid=uuid))
    return {"virtual_machines": found}


def jails(text: str) -> dict[str, Any]:
    """Return FreeBSD's jails of ``jls``."""
    found = [
        present(id=row.get("jid"), name=row.get("hostname"), address=known(row.get("ip address")), path=row.get("path"))
        for row in columns(text, "JID", "Hostname", "Path")
    ]
    return {"containers": [item for item in found if "id" in item]}


def vmctl(text: str) -> dict[str, Any]:
    """Return virtual machines of OpenBSD's ``vmctl status``."""
    found = []
    for line in records(text):
        words = line.split()
        if len(words) >= 8 and words[0].isdigit():
            state = words[-2] if words[-2] in ("running", "stopped", "paused", "stopping") else None
            found.append(
                present(id=words[0], name=words[-1], cpus=integer(words[2]), memory=size_of(words[3]), state=state)
            )
    return {"virtual_machines": found}
