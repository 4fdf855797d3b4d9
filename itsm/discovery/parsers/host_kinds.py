"""The kinds of output of hosts: which reader gives the facts, which gives the rows, other names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from itsm.discovery.parsers import (
    activity,
    buses,
    drives,
    esxi,
    fru,
    hypervisors,
    interfaces,
    macos,
    network_manager,
    packages,
    processors,
    routes,
    smbios,
    storage,
    systems,
    volumes,
    windows,
)
from itsm.discovery.parsers.rows_only import ROWS_ONLY

Reader = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class HostKind:
    """One kind of output: its name, the reader of its facts, and the name of the reader of its rows."""

    name: str
    read: Reader | None = None
    rows: str | Callable[[str], str] | None = None
    fallback: Callable[[str], list[dict[str, str]]] | None = None
    """A plainer reader of rows for what the first cannot read."""
    json: bool = False
    """True where the output is JSON (also), which is not made of lines."""


def _systemctl_rows(text: str) -> str:
    head = next((line for line in text.split("\n") if line.strip()), "")
    if "UNIT FILE" in head:
        return "systemctl_luf"
    if "JOB" in head and "TYPE" in head:
        return "systemctl_lj"
    return "systemctl_ls" if "LISTEN" in head else "systemctl"


def _zpool_rows(text: str) -> str:
    return "zpool_status" if re.search(r"(?m)^\s*pool: ", text) else "zpool_iostat"


def _uptime_rows(text: str) -> str:
    return "proc" if re.match(r"\s*[\d.]+ [\d.]+\s*$", text) else "uptime"


def _index_rows(text: str) -> str:
    return "pkg_index_apk" if re.search(r"(?m)^C:Q1", text) else "pkg_index_deb"


def _plain(text: str) -> dict[str, Any]:
    """Return no facts: the kind has rows only."""
    return {}


_DMI = [f"dmidecode-{part}" for part in ("system", "chassis", "cpu", "memory", "bios", "baseboard", "processor")]

_KINDS: Final = [
    HostKind("dmidecode", smbios.dmidecode, "dmidecode"),
    *(HostKind(name, smbios.dmidecode, "dmidecode") for name in _DMI),
    *(
        HostKind(f"dmidecode-s-{word}", partial(smbios.dmidecode_string, keyword=word))
        for word in (
            "system-manufacturer", "system-product-name", "system-serial-number", "system-uuid", "system-version",
            "bios-vendor", "bios-version", "bios-release-date", "chassis-serial-number", "chassis-type",
            "chassis-manufacturer", "chassis-asset-tag", "baseboard-serial-number", "baseboard-product-name",
            "baseboard-manufacturer",
        )
    ),
    *(
        HostKind(f"sysfs-{word}", partial(smbios.dmidecode_string, keyword=word))
        for word in (
            "sys_vendor", "product_name", "product_serial", "product_uuid", "product_version", "product_family",
            "bios_vendor", "bios_version", "bios_date", "board_vendor", "board_name", "board_serial",
            "chassis_vendor", "chassis_serial", "chassis_asset_tag", "chassis_type",
        )
    ),
    HostKind("proc-cpuinfo", processors.proc_cpuinfo, "proc_cpuinfo", processors.cpuinfo_rows),
    HostKind("lscpu", processors.lscpu, json=True),
    HostKind("free", processors.free, "free"),
    HostKind("proc-meminfo", processors.meminfo, "proc_meminfo"),
    HostKind("lspci", buses.lspci, "lspci"),
    HostKind("lsusb", buses.lsusb, "lsusb"),
    HostKind("hdparm", drives.hdparm),
    HostKind("smartctl", drives.smartctl, json=True),
    HostKind("ipmi-fru", fru.ipmi_fru),
    HostKind("ip-addr", interfaces.ip_address, json=True),
    HostKind("ip-link", interfaces.ip_address, json=True),
    HostKind("ifconfig", interfaces.ifconfig, "interfaces"),
    HostKind("macos-ifconfig", interfaces.ifconfig, "interfaces"),
    HostKind("ip-route", routes.ip_route, "ip_route", json=True),
    HostKind("netstat", routes.netstat_routes, "netstat"),
    HostKind("route", routes.netstat_routes, "route"),
    HostKind("arp", routes.arp, "arp"),
    HostKind("ip-neigh", routes.arp, json=True),
    HostKind("lldpctl", routes.lldpctl_keyvalue),
    HostKind("lldpctl-json", routes.lldpctl_json, json=True),
    HostKind("nmcli", network_manager.nmcli, "nmcli"),
    HostKind("df", storage.df, "df"),
    HostKind("mount", storage.mount, "mount"),
    HostKind("lsblk", storage.lsblk, "lsblk", json=True),
    HostKind("blkid", volumes.blkid, "blkid"),
    HostKind("pvs", volumes.physical_volumes),
    HostKind("vgs", volumes.volume_groups),
    HostKind("lvs", volumes.logical_volumes),
    HostKind("zpool", volumes.zpool_list, _zpool_rows),
    HostKind("findmnt", _plain, "findmnt"),
    HostKind("os-release", systems.os_release, "os_release"),
    HostKind("lsb-release", systems.lsb_release, "lsb_release"),
    HostKind("release-file", systems.release_file),
    HostKind("uname", systems.uname, "uname"),
    HostKind("hostnamectl", systems.hostnamectl, json=True),
    HostKind("hostname", systems.hostname),
    HostKind("sw-vers", systems.sw_vers),
    HostKind("sysctl", systems.sysctl, "sysctl"),
    HostKind("systeminfo", windows.systeminfo, "systeminfo"),
    HostKind("uptime", systems.uptime, _uptime_rows),
    HostKind("timedatectl", systems.timedatectl, "timedatectl"),
    HostKind("system-profiler", macos.system_profiler, json=True),
    HostKind("macos-memory", macos.system_profiler, json=True),
    HostKind("upower", network_manager.upower, "upower"),
    HostKind("dpkg-query", packages.dpkg_query),
    HostKind("dpkg-l", packages.dpkg_list, "dpkg_l"),
    HostKind("rpm-qa", packages.rpm_query),
    HostKind("rpm-qi", packages.rpm_info, "rpm_qi"),
    HostKind("apk-info", packages.apk_info),
    HostKind("pacman", packages.name_and_version),
    HostKind("brew", packages.name_and_version),
    HostKind("opkg", packages.name_and_version),
    HostKind("pkg-info", packages.bsd_packages),
    HostKind("pkg-query", packages.pkg_query),
    HostKind("snap", packages.snap),
    HostKind("flatpak", packages.flatpak),
    HostKind("pip-list", packages.pip_list, "pip_list", json=True),
    HostKind("apt-list", packages.apt_list),
    HostKind("dnf-list", packages.apt_list),
    HostKind("qlist", packages.versioned_atoms),
    HostKind("xbps", packages.versioned_atoms),
    HostKind("lslpp", packages.colon_list),
    HostKind("pkg-index", packages.deb_index, _index_rows),
    HostKind("esxcli-vib", packages.vib_list),
    HostKind("who", activity.who, "who"),
    HostKind("w", activity.who, "w"),
    HostKind("privileged", activity.privileged),
    HostKind("systemctl", activity.systemctl, _systemctl_rows),
    HostKind("service-status", activity.service_status),
    HostKind("docker-ps", activity.containers, json=True),
    HostKind("virsh-list", hypervisors.virsh_list),
    HostKind("xl-list", hypervisors.xl_list),
    HostKind("vboxmanage", hypervisors.vboxmanage),
    HostKind("lxc-list", hypervisors.containers_of_lxc, json=True),
    HostKind("vzlist", hypervisors.openvz_list),
    HostKind("zoneadm", hypervisors.zones),
    HostKind("jls", hypervisors.jails),
    HostKind("vmctl", hypervisors.vmctl),
    HostKind("getallvms", hypervisors.getallvms),
    HostKind("esxcli-vms", hypervisors.esxcli_vms),
    HostKind("qm-list", hypervisors.proxmox),
    HostKind("passwd", activity.passwd, "passwd"),
    HostKind("esxcli-platform", esxi.platform),
    HostKind("esxcli-version", esxi.version),
    HostKind("esxcli-cpu", esxi.cpus),
    HostKind("esxcli-memory", esxi.memory),
    HostKind("esxcli-storage", esxi.storage),
    HostKind("esxcli-nic", esxi.nics),
    HostKind("esxcli-ipv4", esxi.addresses),
    *(
        HostKind(name, _plain, name.replace("-", "_"))
        for name in ROWS_ONLY
    ),
]  # fmt: skip

KINDS: Final = {kind.name: kind for kind in _KINDS}

ALIASES: Final = {
    "aixifconfig": "ifconfig", "apk": "apk-info", "apt": "apt-list", "dnf": "dnf-list",
    "yum-list": "dnf-list", "equery": "qlist", "xm-list": "xl-list",
    "prlctl": "vzlist", "lxc": "lxc-list", "lxc-ls": "lxc-list", "virtualbox": "vboxmanage",
    "slackware": "qlist", "apk-list": "apk-info", "brew-list": "brew",
    "cpuinfo": "proc-cpuinfo", "dmidecode-t-memory": "dmidecode-memory", "dmidecode-t-processor": "dmidecode-cpu",
    "dmidecode-t-system": "dmidecode-system", "dmidecode-t-chassis": "dmidecode-chassis",
    "dmidecode-t-bios": "dmidecode-bios", "docker": "docker-ps", "dpkg": "dpkg-query", "esxcfg-nics": "esxcli-nic",
    "esxcli-hardware-cpu-list": "esxcli-cpu", "esxcli-hardware-memory-get": "esxcli-memory",
    "esxcli-hardware-platform-get": "esxcli-platform", "esxcli-network-ip-interface-ipv4-get": "esxcli-ipv4",
    "esxcli-network-nic-list": "esxcli-nic", "esxcli-software-vib-list": "esxcli-vib",
    "esxcli-storage-core-device-list": "esxcli-storage", "esxcli-system-version-get": "esxcli-version",
    "esxcli-vm-process-list": "esxcli-vms", "etc-os-release": "os-release", "flatpak-list": "flatpak",
    "freebsd-pkg-info": "pkg-info", "ip-a": "ip-addr", "ip-address": "ip-addr", "ip-address-show": "ip-addr",
    "ip-addr-show": "ip-addr", "ip-j-addr": "ip-addr", "ip-link-show": "ip-link", "ip-neighbour": "ip-neigh",
    "ip-route-show": "ip-route", "ipmitool-fru": "ipmi-fru", "iproute": "ip-route", "lldpcli": "lldpctl",
    "lldpctl-keyvalue": "lldpctl", "lsblk-j": "lsblk", "lspci-mmv": "lspci",
    "macos-system-profiler": "system-profiler",
    "meminfo": "proc-meminfo", "netstat-r": "netstat", "netstat-rn": "netstat", "pacman-q": "pacman",
    "pct-list": "qm-list",
    "pkg": "pkg-info", "pkg-index-apk": "pkg-index", "pkg-index-deb": "pkg-index", "pkg-info-openbsd": "pkg-info",
    "podman-ps": "docker-ps", "proc-uptime": "uptime", "proc-mounts": "mount", "redhat-release": "release-file",
    "route-print": "route", "rpm": "rpm-qa", "rpm-qai": "rpm-qi", "service": "service-status", "snap-list": "snap",
    "sw-vers": "sw-vers", "system-profiler-memory": "system-profiler", "systemctl-lj": "systemctl",
    "systemctl-ls": "systemctl", "systemctl-luf": "systemctl", "systemctl-list-units": "systemctl",
    "systemctl-list-unit-files": "systemctl", "uname-a": "uname", "vib-list": "esxcli-vib", "vim-cmd": "getallvms",
    "vim-cmd-vmsvc-getallvms": "getallvms", "virsh": "virsh-list", "vmware-v": "esxcli-version", "who-a": "who",
    "zpool-iostat": "zpool", "zpool-list": "zpool", "zpool-status": "zpool",
}  # fmt: skip
"""Other names of a kind; ``_`` and spaces count as hyphens; ``jc/``, ``glpi/`` or ``--`` in front count as nothing."""


def host_kind(name: str) -> HostKind | None:
    """Return the kind with this name or alias, or None."""
    name = re.sub(r"^(?:jc|glpi|linux|host|ntc)/|^--", "", name.strip())
    exact = KINDS.get(name)
    if exact is not None:
        return exact
    hyphens = re.sub(r"[\s_/]+", "-", name.lower())
    hyphens = re.sub(r"-+", "-", hyphens)
    if hyphens.startswith("dmidecode-") and not hyphens.startswith("dmidecode-s-"):
        return KINDS["dmidecode"]
    return KINDS.get(ALIASES.get(hyphens, hyphens)) or KINDS.get(f"sysfs-{name.lower()}")
