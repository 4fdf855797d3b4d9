"""What runs on a host: logged-in users, services, containers; people's accounts."""

from __future__ import annotations

import re
from typing import Any

from itsm.discovery.parsers.bounds import json_lines
from itsm.discovery.parsers.layout import columns, records
from itsm.discovery.parsers.values import known, present

_NO_USERS = frozenset({"system", "run-level", "login", "boot", "reboot", ".", "USER", "NAME", "LOGIN"})


def who(text: str) -> dict[str, Any]:
    """Return ``users [{name, terminal, since, from}]`` of ``who`` (with -a too) and ``w -h``."""
    pattern = re.compile(
        r"(\S+)\s+[-+?]?\s*(\S+)\s+((?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2} +\d{1,2}) \d{1,2}:\d\d)\s*[^(]*(?:\(([^)]*)\))?"
    )
    users = []
    for line in records(text):
        match = pattern.match(line[:512])
        if match and match.group(1) not in _NO_USERS:
            name, terminal, since, origin = match.groups()
            users.append(present(name=name, terminal=terminal, since=since, **{"from": origin}))
    return {"users": users}


def systemctl(text: str) -> dict[str, Any]:
    """Return ``services [{name, state, description}]`` of ``systemctl [list-units]`` and ``list-unit-files``."""
    services = []
    for line in records(text):
        words = line.lstrip("●* \t").split(None, 4)
        if len(words) < 2 or not words[0].endswith(".service"):
            continue
        name = words[0].removesuffix(".service")
        if len(words) >= 4 and words[1] in ("loaded", "not-found", "masked", "error", "bad-setting"):
            services.append(
                present(
                    name=name,
                    state=words[3],
                    active=words[2] == "active",
                    description=words[4].strip() if len(words) > 4 else None,
                )
            )
        else:
            services.append({"name": name, "enabled": words[1]})
    return {"services": services}


def service_status(text: str) -> dict[str, Any]:
    """Return services of ``service --status-all``, ``rc-status``, ``rcctl ls`` and ``launchctl list``."""
    services = []
    for line in records(text):
        if match := re.match(r"\s*\[ ([-+?]) \]\s+(\S+)", line):
            services.append({"name": match.group(2), "state": "running" if match.group(1) == "+" else "stopped"})
        elif match := re.match(r"\s*(\S+)\s+\[\s*(\w+).*\]\s*$", line):
            services.append({"name": match.group(1), "state": match.group(2)})
        elif match := re.match(r"(\d+|-)\t-?\d+\t(\S+)$", line):
            services.append({"name": match.group(2), "state": "stopped" if match.group(1) == "-" else "running"})
        elif re.fullmatch(r"[A-Za-z_][\w.@-]{0,63}", line):
            services.append({"name": line})
    return {"services": services}


def containers(text: str) -> dict[str, Any]:
    """Return ``containers [{id, name, image, state, ports}]`` of ``docker ps`` or ``podman ps``, table or JSON."""
    found = []
    for item in json_lines(text) if text.lstrip()[:1] in ("{", "[") else []:
        names = item.get("Names") or item.get("Name")
        name = ",".join(str(part) for part in names) if isinstance(names, list) else names
        state = item.get("State") or item.get("Status")
        found.append(present(id=item.get("ID") or item.get("Id"), name=name, image=item.get("Image"), state=state))
    for row in [] if found else columns(text, "CONTAINER ID", "IMAGE", "NAMES"):
        found.append(
            present(
                id=row.get("container id"),
                name=row.get("names"),
                image=row.get("image"),
                state=row.get("status"),
                ports=row.get("ports"),
            )
        )
    return {"containers": [item for item in found if item]}


def privileged(text: str) -> dict[str, Any]:
    """Return ``privileged [{name, by}]`` of groups and accounts: who is in a group that may do all, or has uid 0.

    Whose main group it is stands nowhere in the group's line, and is not seen.
    """
    ways: dict[str, list[str]] = {}
    for line in records(text):
        cells = line.strip().split(":")
        if len(cells) == 4:
            for name in filter(None, (one.strip() for one in cells[3].split(","))):
                ways.setdefault(name, []).append(cells[0])
        elif len(cells) == 7 and cells[2] == "0":
            ways.setdefault(cells[0], []).append("uid 0")
    return {"privileged": [{"name": name, "by": ", ".join(dict.fromkeys(by))} for name, by in ways.items()]}


def passwd(text: str) -> dict[str, Any]:
    """Return ``accounts [{name, uid, full_name, shell}]`` of /etc/passwd or ``getent passwd``: people's only."""
    accounts = []
    for line in records(text):
        cells = line.split(":")
        if len(cells) == 7 and cells[2].isdigit() and len(cells[2]) < 11 and 1000 <= int(cells[2]) < 65000:
            accounts.append(
                present(name=cells[0], uid=int(cells[2]), full_name=known(cells[4].split(",")[0]), shell=cells[6])
            )
    return {"accounts": accounts}
