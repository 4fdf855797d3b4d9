"""Installed software: dpkg, rpm, apk, pacman, snap, flatpak, brew, pkg of the BSDs, ESXi's VIBs, pip and more."""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.discovery.parsers.bounds import json_lines
from itsm.discovery.parsers.layout import blocks, columns, key_values, records
from itsm.discovery.parsers.values import integer, known, present

_ARCH: Final = r"(?:noarch|x86_64|i[3-6]86|aarch64|armv\w+|ppc64(?:le)?|s390x|riscv64|src|amd64|any|all)"
_NAME_VERSION: Final = re.compile(r"(\S{1,200}?)-(\d[^\s-]*(?:-r\d+|-\d[^\s-]*)?)\Z")


def dpkg_query(text: str) -> dict[str, Any]:
    """Return software of ``dpkg-query -W`` with tabs: name, arch, version, installed kB, section[, status].

    Plain ``dpkg-query -W`` (name and version) is read as well.  A package whose status is not installed is left out.
    """
    software: list[dict[str, Any]] = []
    for line in records(text):
        cells = line.split("\t")
        if len(cells) > 5 and cells[5].strip() and " installed" not in cells[5]:
            continue
        if len(cells) >= 4:
            size = integer(cells[3])
            software.append(
                present(
                    name=cells[0],
                    version=known(cells[2]),
                    arch=known(cells[1]),
                    section=known(cells[4]) if len(cells) > 4 else None,
                    size=size * 1024 if size else None,
                )
            )
        elif len(cells) == 2 and cells[1]:
            name, _, arch = cells[0].partition(":")
            software.append(present(name=name, version=cells[1], arch=arch))
    return {"software": software}


def dpkg_list(text: str) -> dict[str, Any]:
    """Return the installed software of ``dpkg -l`` (states ``ii`` and ``hi``)."""
    software = []
    for line in records(text):
        if match := re.match(r"[ih]i[ R]?\s+(\S+)\s+(\S+)\s+(?:(all|any|[a-z0-9]{2,16}) )?\s*(.*)$", line):
            name, version, arch, title = match.groups()
            name, _, foreign = name.partition(":")
            software.append(present(name=name, version=version, arch=foreign or arch, description=title.strip()))
    return {"software": software}


def rpm_query(text: str) -> dict[str, Any]:
    """Return software of ``rpm -qa``: names, or tabs (name, arch, version, install time, size, vendor, summary)."""
    software: list[dict[str, Any]] = []
    for line in records(text):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) >= 3:
            cells += [""] * (8 - len(cells))
            software.append(
                present(
                    name=cells[0],
                    arch=known(cells[1]),
                    version=known(cells[2]),
                    publisher=known(cells[5]),
                    size=integer(cells[4]),
                    description=known(cells[6]),
                    section=known(cells[7]),
                )
            )
        elif match := re.match(r"(\S{1,200})-([^-\s]{1,80}-[^-\s]{1,80}?)(?:\.(" + _ARCH + r"))?$", line):
            name, version, arch = match.groups()
            software.append(present(name=name, version=version, arch=arch))
    return {"software": software}


def rpm_info(text: str) -> dict[str, Any]:
    """Return software of ``rpm -qai``."""
    software: list[dict[str, Any]] = []
    for part in re.split(r"(?m)^(?=Name {2,}: )", text):
        values = key_values(part)
        if name := values.get("Name"):
            release = values.get("Release", "").split(" ")[0]
            version = values.get("Version", "").split(" ")[0]
            software.append(
                present(
                    name=name.split(" ")[0],
                    version=f"{version}-{release}" if release else version,
                    arch=known(values.get("Architecture")),
                    publisher=known(values.get("Vendor")),
                    size=integer(values.get("Size")),
                    description=known(values.get("Summary")),
                )
            )
    return {"software": software}


def apk_info(text: str) -> dict[str, Any]:
    """Return software of ``apk info -v`` and ``apk list -I``."""
    software = []
    for line in records(text):
        if match := re.match(r"(\S{1,200}?)-(\d\S*?-r\d+)(?: (\S+) \{.*\})?(?: .*| - .*)?$", line):
            software.append(present(name=match.group(1), version=match.group(2), arch=match.group(3)))
    return {"software": software}


def name_and_version(text: str) -> dict[str, Any]:
    """Return software of lines ``name version …``: ``pacman -Q``, ``brew list --versions``, ``opkg list-installed``."""
    software = []
    for line in records(text):
        words = line.replace(" - ", " ").split()
        if len(words) >= 2:
            software.append({"name": words[0], "version": words[-1]})
    return {"software": software}


def bsd_packages(text: str) -> dict[str, Any]:
    """Return software of FreeBSD's ``pkg info``, OpenBSD's and NetBSD's ``pkg_info``: ``name-version comment``."""
    software = []
    for line in records(text):
        word, _, comment = line.partition(" ")
        name, dash, version = word.rpartition("-")
        if match := _NAME_VERSION.match(word):
            name, version = match.groups()
        if dash and version[:1].isdigit():
            software.append(present(name=name, version=version, description=known(comment)))
    return {"software": software}


def pkg_query(text: str) -> dict[str, Any]:
    """Return software of tabs: name, version[, publisher[, arch]] (``pkg query``, Windows exports)."""
    software = []
    for line in records(text):
        cells = [cell.strip() for cell in line.split("\t")] + ["", "", ""]
        if cells[0] and cells[1]:
            software.append(present(name=cells[0], version=cells[1], publisher=known(cells[2]), arch=known(cells[3])))
    return {"software": software}


def snap(text: str) -> dict[str, Any]:
    """Return software of ``snap list``; the publisher without its marks of verification."""
    software = []
    lines = records(text)
    heading = lines[0].lower().split() if lines else []
    for line in lines[1:]:
        row = dict(zip(heading, line.split(), strict=False))
        if "version" in row and "name" in row:
            software.append(
                present(
                    name=row["name"],
                    version=known(row["version"]),
                    revision=row.get("rev"),
                    publisher=known((row.get("publisher") or row.get("developer") or "").rstrip("*✓✪")),
                )
            )
    return {"software": software}


def flatpak(text: str) -> dict[str, Any]:
    """Return software of ``flatpak list``.

    Reads tabs (application, branch or version, installation, name: the columns of ``--columns=``) as well as
    the table with a heading.
    """
    software = []
    for row in columns(text, "Name", "Application ID"):
        software.append(
            present(name=row.get("name"), id=row.get("application id"), version=row.get("version") or row.get("branch"))
        )
    for line in [] if software else records(text):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < 3 or cells[:2] == ["Name", "Application ID"]:
            continue
        at = next((n for n, cell in enumerate(cells[:2]) if cell.count(".") >= 2), None)
        if at is not None:
            title = cells[3] if at == 0 and len(cells) > 3 else cells[0]
            version = cells[at + 1] if at == 0 or cells[at + 1] else (cells[3] if len(cells) > 3 else "")
            software.append(present(name=title, id=cells[at], version=known(version)))
    return {"software": software}


def pip_list(text: str) -> dict[str, Any]:
    """Return software of ``pip list`` (any of its formats)."""
    software = [
        present(name=item.get("name"), version=item.get("version"))
        for item in (json_lines(text) if text.lstrip()[:1] == "[" else [])
    ]
    for line in [] if software else records(text):
        if match := re.match(r"([A-Za-z0-9][\w.-]*)(?:==|\s+\(?)(\d[^\s)]*)\)?(?:\s.*)?$", line):
            software.append({"name": match.group(1), "version": match.group(2)})
    return {"software": software}


def deb_index(text: str) -> dict[str, Any]:
    """Return software of a Debian control file: /var/lib/dpkg/status, ``apt-cache show``, a Packages index."""
    software = []
    for part in blocks(text):
        values = key_values(part)
        if values.get("Package") and " not-installed" not in values.get("Status", ""):
            size = integer(values.get("Installed-Size"))
            software.append(
                present(
                    name=values["Package"],
                    version=known(values.get("Version")),
                    arch=values.get("Architecture"),
                    publisher=known(values.get("Maintainer")),
                    size=size * 1024 if size else None,
                )
            )
    return {"software": software}


def vib_list(text: str) -> dict[str, Any]:
    """Return software of ``esxcli software vib list``."""
    software = [
        present(name=row.get("name"), version=row.get("version"), publisher=known(row.get("vendor")))
        for row in columns(text, "Name", "Version", "Vendor")
    ]
    return {"software": [item for item in software if item]}


def apt_list(text: str) -> dict[str, Any]:
    """Return software of ``apt list --installed``, ``dnf list installed`` and ``yum list installed``."""
    software = []
    for line in records(text):
        if match := re.match(r"([^\s/]+)/\S+ (\S+) (\S+) \[[^\]]*installed[^\]]*\]", line):
            name, version, arch = match.groups()
            software.append({"name": name, "version": version, "arch": arch})
        elif match := re.match(r"(\S+)\.(" + _ARCH + r")\s+(\d\S*)\s+@?\S+$", line):
            name, arch, version = match.groups()
            software.append({"name": name, "version": version, "arch": arch})
    return {"software": software}


def versioned_atoms(text: str) -> dict[str, Any]:
    """Return software of ``qlist -Iv`` and ``equery list`` (category/name-version), ``xbps-query -l``, Slackware."""
    software = []
    for line in records(text):
        word = re.sub(r"^(?:ii|uu|hr|\?\?|\[[^\]]*\]|\*)\s+(?:\[[^\]]*\]\s+)*", "", line).split(" ")[0]
        word = word.split(":")[0]
        if match := re.match(r"(\S{1,200}?)-(\d[^\s-]*(?:-r\d+|_\d+)?)(?:-(" + _ARCH + r")-\S+)?$", word):
            name, version, arch = match.groups()
            software.append(present(name=name, version=version, arch=arch))
    return {"software": software}


def colon_list(text: str) -> dict[str, Any]:
    """Return software of AIX' ``lslpp -c -l``: path, fileset, level, state, fix state, description."""
    software = {}
    for line in records(text):
        cells = line.split(":")
        if len(cells) >= 7 and cells[0].startswith("/") and cells[1]:
            software[cells[1]] = present(name=cells[1], version=known(cells[2]), description=known(cells[6]))
    return {"software": list(software.values())}
