"""The rest of a simulated Linux computer: release, kernel, packages, services, who is logged in."""

from __future__ import annotations

import datetime
import re
from typing import Final

from itsm.demo.fleet.world import Facts

_RELEASES: Final = {
    "debian12": (
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
        'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n'
        'SUPPORT_URL="https://www.debian.org/support"\nBUG_REPORT_URL="https://bugs.debian.org/"\n'
    ),
    "ubuntu2404": (
        'PRETTY_NAME="Ubuntu 24.04 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION="24.04 LTS (Noble Numbat)"\n'
        "VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nHOME_URL=\"https://www.ubuntu.com/\"\n"
        "UBUNTU_CODENAME=noble\nLOGO=ubuntu-logo\n"
    ),
    "rocky9": (
        'NAME="Rocky Linux"\nVERSION="9.3 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n'
        'PLATFORM_ID="platform:el9"\nPRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\nANSI_COLOR="0;32"\n'
        'CPE_NAME="cpe:/o:rocky:rocky:9::baseos"\n'
    ),
}  # fmt: skip
_KERNEL_BUILDS: Final = {
    "debian12": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)",
    "ubuntu2404": "#31-Ubuntu SMP PREEMPT_DYNAMIC Sat Apr 20 00:40:06 UTC 2024",
    "rocky9": "#1 SMP PREEMPT_DYNAMIC Wed Jan 24 18:39:27 UTC 2024",
}


def os_release(facts: Facts) -> str:
    """Return /etc/os-release."""
    return _RELEASES[facts["release"]]


def uname(facts: Facts, options: str) -> str:
    """Return uname's words for its option letters."""
    words = {"s": "Linux", "n": facts["name"], "r": facts["kernel"], "v": _KERNEL_BUILDS[facts["release"]]}
    words |= {"m": "x86_64", "p": "x86_64", "i": "x86_64", "o": "GNU/Linux"}
    letters = "snrvmo" if "a" in options else [letter for letter in words if letter in (options or "s")]
    return " ".join(words[letter] for letter in letters) + "\n"


def hostnamectl(facts: Facts) -> str:
    """Return hostnamectl's status."""
    pretty = re.search('PRETTY_NAME="(.*)"', os_release(facts))
    firmware = facts["hardware"]
    rows = {
        "Static hostname": facts["name"], "Icon name": f"computer-{facts['kind']}", "Chassis": facts["kind"],
        "Machine ID": facts["uuid"].replace("-", ""), "Boot ID": facts["uuid"].replace("-", "")[::-1],
        "Operating System": pretty.group(1) if pretty else "", "Kernel": f"Linux {facts['kernel']}",
        "Architecture": "x86-64", "Hardware Vendor": firmware["vendor"], "Hardware Model": firmware["product"],
        "Firmware Version": firmware["bios_version"],
    }  # fmt: skip
    return "".join(f"{name:>18}: {value}\n" for name, value in rows.items())


def formatted_packages(packages: list[str], layout: str, *, rpm: bool) -> str:
    """Return the packages in the layout given to ``dpkg-query -f`` or ``rpm --qf``; unknown fields are empty."""
    layout = layout.replace("\\t", "\t").replace("\\n", "\n")
    pattern = re.compile(r"%-?\d*\{([^}]+)\}" if rpm else r"\$\{([^};]+)(?:;-?\d+)?\}")
    text = ""
    for package in packages:
        name, version, publisher = package.split(" ", 2)
        fields = _rpm_fields(name, version, publisher) if rpm else _dpkg_fields(name, version, publisher)
        text += pattern.sub(lambda found, known=fields: known.get(found.group(1).lower(), ""), layout)  # type: ignore[misc]
    return text


def _dpkg_fields(name: str, version: str, publisher: str) -> dict[str, str]:
    mail = re.sub("[^a-z]+", "-", publisher.lower()).strip("-")
    return {
        "package": name, "binary:package": name, "version": version, "architecture": "amd64", "installed-size": "1024",
        "maintainer": f"{publisher} <{mail}@lists.example>", "status": "install ok installed", "section": "admin",
        "db:status-abbrev": "ii ", "db:status-status": "installed", "source": name, "binary:summary": f"{name} package",
    }  # fmt: skip


def _rpm_fields(name: str, version: str, publisher: str) -> dict[str, str]:
    number, _dash, build = version.rpartition("-")
    return {
        "name": name, "version": number, "release": build, "arch": "x86_64", "vendor": publisher, "epoch": "(none)",
        "evr": version, "nvra": f"{name}-{version}.x86_64", "installtime": "1711000000", "size": "1048576",
        "packager": publisher, "summary": f"{name} package", "installtime:date": "Thu Mar 21 05:46:40 2024",
    }  # fmt: skip


def dpkg_list(packages: list[str]) -> str:
    """Return ``dpkg -l``."""
    head = (
        "Desired=Unknown/Install/Remove/Purge/Hold\n"
        "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
        "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
        "||/ Name                           Version                        Architecture Description\n"
        "+++-==============================-==============================-============-===========\n"
    )
    rows = (package.split(" ", 2) for package in packages)
    return head + "".join(f"ii  {name:<30} {version:<30} amd64        {name} package\n" for name, version, _ in rows)


def who(facts: Facts) -> str:
    """Return the people logged in since this morning."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return "".join(
        f"{user:<8} tty{number}         {today} 08:{10 + number * 3} (tty{number})\n"
        for number, user in enumerate(facts.get("users", ()), 2)
    )


def services(facts: Facts) -> str:
    """Return the running units as ``systemctl list-units --type=service --no-legend --plain`` prints them."""
    return "".join(
        f"{unit:<30} loaded active running {unit.removesuffix('.service')} service\n" for unit in facts["services"]
    )
