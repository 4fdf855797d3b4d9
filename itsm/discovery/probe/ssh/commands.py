"""Every command that the probe may ever run on a device, in one place, so that one reading audits them all.

All of them only read.  ``kind`` is the name of the parser for the output.  Nothing that a device says ever
becomes part of a command.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """One command. ``root`` marks those that tell something only to the superuser."""

    command: str
    kind: str
    root: bool = False
    families: frozenset[str] = frozenset()
    """Distributions (``ID`` or ``ID_LIKE`` of os-release) that have it; empty for all."""


@dataclass(frozen=True, slots=True)
class NetworkCli:
    """A network operating system: how its version text looks, how to stop its pager, what to ask it.

    ``quiet`` changes only this session's terminal, never the configuration.
    """

    name: str
    version: re.Pattern[str]
    quiet: tuple[str, ...]
    commands: tuple[ReadOnly, ...]


IDENTIFY: Final = "uname -s"
"""Tells a Unix shell from a network CLI, and which Unix."""
VERSION_QUESTIONS: Final = {"<": "display version", ">": "show version", "#": "show version", "$": "get system status"}
"""What to ask first, by the look of the prompt: its first character where that is ``<``, else its last."""

_RPM = r"%{NAME}\t%{ARCH}\t%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\t%{SIZE}\t%{VENDOR}\t%{SUMMARY}\n"
_DPKG = r"${Package}\t${Architecture}\t${Version}\t${Installed-Size}\t${Section}\t${Status}\n"
_BLOCKS = "NAME,TYPE,SIZE,MODEL,SERIAL,VENDOR,MOUNTPOINT,FSTYPE,UUID,ROTA,TRAN"

_DEBIAN: Final = frozenset({"debian", "ubuntu"})
_RED_HAT: Final = frozenset(
    {"rhel", "fedora", "centos", "suse", "opensuse", "sles", "ol", "amzn", "rocky", "almalinux"}
)

_LINUX: Final = (
    ReadOnly("cat /etc/os-release", "os-release"),
    ReadOnly("uname -a", "uname"),
    ReadOnly("hostname", "hostname"),
    ReadOnly("cat /proc/uptime", "uptime"),
    ReadOnly("cat /proc/cpuinfo", "proc-cpuinfo"),
    ReadOnly("cat /proc/meminfo", "proc-meminfo"),
    ReadOnly("dmidecode", "dmidecode", root=True),
    *(
        ReadOnly(f"cat /sys/class/dmi/id/{name}", f"sysfs-{name}")
        for name in (
            "sys_vendor",
            "product_name",
            "product_version",
            "chassis_type",
            "bios_vendor",
            "bios_version",
            "bios_date",
        )
    ),
    ReadOnly("cat /sys/class/dmi/id/product_serial", "sysfs-product_serial", root=True),
    ReadOnly("cat /sys/class/dmi/id/product_uuid", "sysfs-product_uuid", root=True),
    ReadOnly("ip -j addr show || ip addr show || ifconfig -a", "ip-addr"),
    ReadOnly("ip -j route show || ip route show", "ip-route"),
    ReadOnly("ip -j neigh show || ip neigh show", "ip-neigh"),
    ReadOnly(f"lsblk -J -b -o {_BLOCKS} || lsblk -J -b", "lsblk"),
    ReadOnly("df -P -T -k || df -P -k", "df"),
    ReadOnly("who", "who"),
    # Nothing but names and numbers: neither file holds a password on a system of this century.
    ReadOnly("getent group sudo wheel admin; grep -E '^[^:]*:[^:]*:0:' /etc/passwd", "privileged"),
    ReadOnly("systemctl list-units --type=service --state=running --no-pager --no-legend --plain", "systemctl"),
    ReadOnly(f"dpkg-query -W -f '{_DPKG}'", "dpkg-query", families=_DEBIAN),
    ReadOnly(f"rpm -qa --queryformat '{_RPM}'", "rpm-qa", families=_RED_HAT),
    ReadOnly("apk info -v", "apk-info", families=frozenset({"alpine"})),
    ReadOnly("pacman -Q", "pacman", families=frozenset({"arch", "archlinux"})),
    ReadOnly("opkg list-installed", "opkg", families=frozenset({"openwrt", "lede"})),
    ReadOnly("snap list", "snap"),
    ReadOnly("flatpak list --columns=application,version,installation,name", "flatpak"),
    ReadOnly("lldpctl -f keyvalue", "lldpctl", root=True),
    ReadOnly("docker ps -a --format '{{json .}}'", "docker-ps", root=True),
    ReadOnly("virsh --readonly list --all", "virsh-list", root=True),
    ReadOnly("qm list", "qm-list", root=True),
)
_BSD: Final = (
    ReadOnly("uname -a", "uname"),
    ReadOnly("hostname", "hostname"),
    ReadOnly("cat /etc/os-release", "os-release"),
    ReadOnly("sysctl hw kern.hostname kern.version kern.boottime machdep.cpu", "sysctl"),
    ReadOnly("dmidecode", "dmidecode", root=True),
    ReadOnly("ifconfig -a", "ifconfig"),
    ReadOnly("netstat -rn", "netstat"),
    ReadOnly("arp -an", "arp"),
    ReadOnly("df -P -k", "df"),
    ReadOnly("mount", "mount"),
    ReadOnly("who", "who"),
    ReadOnly(r"pkg query '%n\t%v\t%m'", "pkg-query"),
    ReadOnly("pkg_info", "pkg-info"),
)
_MACOS: Final = (
    ReadOnly("sw_vers", "sw-vers"),
    ReadOnly("uname -a", "uname"),
    ReadOnly("hostname", "hostname"),
    ReadOnly(
        "system_profiler -json SPHardwareDataType SPSoftwareDataType SPMemoryDataType SPStorageDataType"
        " SPNetworkDataType SPApplicationsDataType",
        "system-profiler",
    ),
    ReadOnly("ifconfig -a", "ifconfig"),
    ReadOnly("df -P -k", "df"),
    ReadOnly("who", "who"),
    ReadOnly("brew list --versions", "brew"),
)
_ESXI: Final = (
    ReadOnly("uname -a", "uname"),
    ReadOnly("hostname", "hostname"),
    ReadOnly("esxcli hardware platform get", "esxcli-platform"),
    ReadOnly("esxcli system version get", "esxcli-version"),
    ReadOnly("esxcli hardware cpu list", "esxcli-cpu"),
    ReadOnly("esxcli hardware memory get", "esxcli-memory"),
    ReadOnly("esxcli storage core device list", "esxcli-storage"),
    ReadOnly("esxcli network nic list", "esxcli-nic"),
    ReadOnly("esxcli network ip interface ipv4 get", "esxcli-ipv4"),
    ReadOnly("esxcli software vib list", "esxcli-vib"),
    ReadOnly("esxcli vm process list", "esxcli-vms"),
    ReadOnly("vim-cmd vmsvc/getallvms", "getallvms"),
    ReadOnly("df -k", "df"),
)
_WINDOWS: Final = (
    ReadOnly("systeminfo", "systeminfo"),
    ReadOnly("hostname", "hostname"),
    ReadOnly("ipconfig /all", "ipconfig"),
)
UNIX: Final = {
    "Linux": _LINUX, "FreeBSD": _BSD, "OpenBSD": _BSD, "NetBSD": _BSD, "DragonFly": _BSD, "Darwin": _MACOS,
    "VMkernel": _ESXI, "Windows": _WINDOWS,
}  # fmt: skip
"""Commands by what ``uname -s`` says; ``Windows`` by the banner of its OpenSSH."""


def _asked(name: str, *commands: str) -> tuple[ReadOnly, ...]:
    """Name the parsers the way ntc-templates does: ``platform/command_with_underscores``."""
    return tuple(ReadOnly(text, f"{name}/{re.sub('[ /]+', '_', text.strip('/'))}") for text in commands)


_CLIS = (
    ("cisco_xr", r"Cisco IOS XR", ("terminal length 0", "terminal width 511"),
     ("show version", "admin show inventory", "show interfaces", "show ipv4 interface", "show lldp neighbors detail",
      "show cdp neighbors detail", "show arp")),
    ("cisco_nxos", r"NX-OS", ("terminal length 0", "terminal width 511"),
     ("show version", "show inventory", "show module", "show interface", "show ip interface brief",
      "show lldp neighbors detail", "show cdp neighbors detail", "show vlan", "show mac address-table",
      "show ip arp")),
    ("cisco_asa", r"Cisco Adaptive Security Appliance", ("terminal pager 0",),
     ("show version", "show inventory", "show interface", "show arp")),
    ("cisco_ios", r"Cisco IOS|IOS-XE|Cisco Internetwork Operating System", ("terminal length 0", "terminal width 511"),
     ("show version", "show inventory", "show module", "show interfaces", "show ip interface brief",
      "show lldp neighbors detail", "show cdp neighbors detail", "show vlan", "show mac-address-table",
      "show ip arp")),
    ("arista_eos", r"Arista|EOS", ("terminal length 0", "terminal width 511"),
     ("show version", "show inventory", "show interfaces", "show ip interface brief", "show lldp neighbors detail",
      "show vlan", "show mac address-table", "show ip arp")),
    ("aruba_aoscx", r"ArubaOS-CX|AOS-CX", ("no page",),
     ("show version", "show system", "show module", "show interface", "show lldp neighbors-info detail",
      "show mac-address-table", "show arp all-vrfs")),
    ("aruba_os", r"ArubaOS \(MODEL|Aruba Operating System", ("no paging",),
     ("show version", "show inventory", "show ip interface brief", "show arp")),
    ("hp_procurve", r"Image stamp:|ProCurve|/sw/code/build", ("no page", "terminal length 1000"),
     ("show system", "show version", "show interfaces brief", "show lldp info remote-device detail",
      "show mac-address", "show arp")),
    ("juniper_junos", r"JUNOS|Junos:|Junos OS", ("set cli screen-length 0", "set cli screen-width 511"),
     ("show version", "show chassis hardware", "show interfaces", "show lldp neighbors", "show arp no-resolve")),
    ("huawei_vrp", r"VRP \(R\)|Huawei Versatile", ("screen-length 0 temporary",),
     ("display version", "display device", "display interface brief", "display lldp neighbor", "display arp all")),
    ("hp_comware", r"Comware", ("screen-length disable",),
     ("display version", "display device manuinfo", "display interface", "display lldp neighbor-information verbose",
      "display mac-address", "display arp")),
    ("fortinet", r"Version: Forti|FortiGate|FortiOS", (),
     ("get system status", "get system interface physical", "get system interface", "get system arp")),
    ("mikrotik_routeros", r"RouterOS|MikroTik", (),
     ("/system resource print", "/system routerboard print", "/system identity print",
      "/interface print detail", "/ip address print",
      "/ip neighbor print detail", "/ip arp print")),
)  # fmt: skip
NETWORK: Final = tuple(
    NetworkCli(name, re.compile(version), quiet, _asked(name, *commands)) for name, version, quiet, commands in _CLIS
)
"""Network CLIs, the first whose version text matches wins."""
MIKROTIK: Final = next(cli for cli in NETWORK if cli.name == "mikrotik_routeros")
"""Takes commands without a terminal, and shows itself in its SSH banner (``ROSSSH``)."""


def families_of(os_release: str) -> frozenset[str]:
    """Return the families that an os-release names, of those that have a package manager here; empty if none."""
    named = re.findall(r"(?m)^ID(?:_LIKE)?=[\"']?([^\"'\n]{1,200})", os_release)
    words = frozenset(word for text in named for word in text.lower().split())
    return words & frozenset().union(*(one.families for one in _LINUX))


def recognise(text: str) -> NetworkCli | None:
    """Return the network CLI whose version text this is, or None."""
    return next((cli for cli in NETWORK if cli.version.search(text)), None)


def everything() -> tuple[str, ...]:
    """Return every command there is, for audits and for the page that shows them."""
    unix = [one.command for table in UNIX.values() for one in table]
    network = [text for cli in NETWORK for text in (*cli.quiet, *(one.command for one in cli.commands))]
    return tuple(dict.fromkeys([IDENTIFY, *VERSION_QUESTIONS.values(), *unix, *network]))
