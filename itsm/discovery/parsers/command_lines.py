"""Which parser reads the output of a command line: for ``sudo -n /usr/sbin/dmidecode`` it is ``dmidecode``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from itsm.discovery.parsers import network_templates
from itsm.discovery.parsers.host_kinds import host_kind
from itsm.discovery.parsers.network_labels import reads

_HOSTS: Final = frozenset(
    {
        *("linux", "debian", "ubuntu", "redhat", "rhel", "centos", "suse", "alpine", "arch", "busybox", "openwrt"),
        *("unix", "bsd", "freebsd", "openbsd", "netbsd", "dragonfly", "macos", "darwin", "osx", "esxi", "vmware_esxi"),
        *("aix", "solaris", "hpux", "hp-ux", "windows", "proxmox"),
    }
)

_PREFIX: Final = re.compile(
    r"(?:(?:sudo|doas)(?: -\w+)*\s+|env\s+|nice(?: -n \d+)?\s+|timeout \d+\w?\s+|[A-Z_]{1,32}=\S*\s+)"
)
_COMMANDS: Final = (
    (r"dmidecode\b.*(?:-s|--string) (?P<word>[a-z-]+)", "dmidecode-s-{word}"),
    (r"dmidecode", "dmidecode"),
    (r"cat /sys/(?:class|devices/virtual)/dmi/id/(?P<word>\w+)", "sysfs-{word}"),
    (r"cat /proc/cpuinfo", "proc-cpuinfo"),
    (r"cat /proc/meminfo", "proc-meminfo"),
    (r"cat /proc/uptime", "uptime"),
    (r"cat /proc/mounts", "mount"),
    (r"cat (?:/etc|/usr/lib)/os-release", "os-release"),
    (r"cat /etc/lsb-release", "lsb-release"),
    (r"cat /etc/(?:[\w.-]+[-_]release|[\w.-]+_version|[\w.-]+-version)", "release-file"),
    (r"cat /etc/hostname|hostname(?: -\w+)?", "hostname"),
    (r"cat /etc/passwd|getent passwd", "passwd"),
    (r"cat /var/lib/dpkg/status|apt-cache show.*", "pkg-index"),
    (r"lscpu", "lscpu"),
    (r"free", "free"),
    (r"lspci", "lspci"),
    (r"lsusb", "lsusb"),
    (r"hdparm -I", "hdparm"),
    (r"smartctl", "smartctl"),
    (r"ipmitool(?: -\S+ ?\S*)* fru", "ipmi-fru"),
    (r"ip(?: -[\w-]+)* a(?:d?d?r?e?s?s?)?", "ip-addr"),
    (r"ip(?: -[\w-]+)* l(?:i|in|ink)?", "ip-link"),
    (r"ip(?: -[\w-]+)* r(?:o?u?t?e?)?", "ip-route"),
    (r"ip(?: -[\w-]+)* n(?:ei?g?h?b?o?u?r?)?", "ip-neigh"),
    (r"ifconfig", "ifconfig"),
    (r"netstat(?: -\w*r\w*)", "netstat"),
    (r"route(?: -\w+| print)?", "route"),
    (r"arp", "arp"),
    (r"ndp -a", "arp"),
    (r"lldpctl.* -f json0?|lldpcli.* -f json0?", "lldpctl-json"),
    (r"lldpctl|lldpcli", "lldpctl"),
    (r"nmcli", "nmcli"),
    (r"df", "df"),
    (r"mount", "mount"),
    (r"lsblk", "lsblk"),
    (r"blkid", "blkid"),
    (r"pvs", "pvs"),
    (r"vgs", "vgs"),
    (r"zpool (?:list|status|iostat)", "zpool"),
    (r"lsb_release", "lsb-release"),
    (r"uname", "uname"),
    (r"hostnamectl", "hostnamectl"),
    (r"sw_vers", "sw-vers"),
    (r"sysctl", "sysctl"),
    (r"systeminfo", "systeminfo"),
    (r"uptime", "uptime"),
    (r"timedatectl", "timedatectl"),
    (r"system_profiler", "system-profiler"),
    (r"upower", "upower"),
    (r"dpkg-query", "dpkg-query"),
    (r"dpkg (?:-l|--list)", "dpkg-l"),
    (r"rpm -q\w*i\w*", "rpm-qi"),
    (r"rpm -q\w*", "rpm-qa"),
    (r"apk (?:info|list)", "apk-info"),
    (r"pacman -Q\w*", "pacman"),
    (r"brew list", "brew"),
    (r"opkg list-installed", "opkg"),
    (r"pkg query", "pkg-query"),
    (r"pkg info|pkg_info", "pkg-info"),
    (r"snap list", "snap"),
    (r"flatpak list", "flatpak"),
    (r"pip3? list|pip3? freeze", "pip-list"),
    (r"who|w -h", "who"),
    (r"systemctl", "systemctl"),
    (r"service --status-all|rc-status|rcctl ls|launchctl list|service -e", "service-status"),
    (r"(?:docker|podman) (?:container )?(?:ps|ls)", "docker-ps"),
    (r"virsh(?: -\S+)* list", "virsh-list"),
    (r"(?:xl|xm) list", "xl-list"),
    (r"VBoxManage list", "vboxmanage"),
    (r"lxc-ls|lxc list", "lxc-list"),
    (r"vzlist|prlctl list", "vzlist"),
    (r"zoneadm list", "zoneadm"),
    (r"jls", "jls"),
    (r"vmctl status", "vmctl"),
    (r"lvs", "lvs"),
    (r"apt list", "apt-list"),
    (r"(?:dnf|yum) list", "dnf-list"),
    (r"qlist|equery list", "qlist"),
    (r"xbps-query", "xbps"),
    (r"lslpp", "lslpp"),
    (r"vim-cmd vmsvc/getallvms", "getallvms"),
    (r"(?:qm|pct) list", "qm-list"),
    (r"esxcli(?: --\S+)* hardware platform get", "esxcli-platform"),
    (r"esxcli(?: --\S+)* system version get|vmware -v\w*", "esxcli-version"),
    (r"esxcli(?: --\S+)* hardware cpu list", "esxcli-cpu"),
    (r"esxcli(?: --\S+)* hardware memory get", "esxcli-memory"),
    (r"esxcli(?: --\S+)* storage core device list", "esxcli-storage"),
    (r"esxcli(?: --\S+)* network nic list", "esxcli-nic"),
    (r"esxcli(?: --\S+)* network ip interface ipv4 (?:get|address list)", "esxcli-ipv4"),
    (r"esxcli(?: --\S+)* software vib (?:list|get)", "esxcli-vib"),
    (r"esxcli(?: --\S+)* vm process list", "esxcli-vms"),
    (r"lsmod", "lsmod"),
    (r"last", "last"),
    (r"mdadm", "mdadm"),
    (r"ss", "ss"),
    (r"ps", "ps"),
)
"""(pattern of a command line's beginning, kind); the first that matches whole words counts."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(f"(?:{pattern})(?:\\s|$)"), kind) for pattern, kind in _COMMANDS)


def kind_of(command: str, platform: str | None = None) -> str | None:
    """Return the kind that parses the output of ``command``, or None where there is no parser.

    ``platform`` is ``linux``, ``freebsd``, ``macos``, ``esxi`` ... for hosts (None means a host), or a network CLI such
    as ``cisco_ios``.  A path in front of the program, ``sudo``, variables and redirections are seen through.
    """
    line = " ".join(command.split())[:500]
    if platform is not None and platform.lower() not in _HOSTS:
        name = network_templates.platform_of(platform)
        chosen = network_templates.choose(name, line.lstrip("/").replace("/", " ")) if name and line else None
        if chosen is None and name and reads(line):
            return f"{name}/{re.sub(' ', '_', line.lower())}"
        return chosen[0] if chosen else None
    line = re.split(r"\s(?:2?>|\|\||&&|;)|;", line)[0]
    while match := _PREFIX.match(line):
        line = line[match.end() :]
    line = re.sub(r"^/\S*/(?=[\w.-]+(?:\s|$))", "", line)
    for pattern, kind in _patterns():
        if match := pattern.match(line):
            name = kind.format(**match.groupdict())
            return name if host_kind(name) else None
    return None
