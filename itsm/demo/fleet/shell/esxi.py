"""What an ESXi host prints over SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from itsm.demo.fleet.ports import Interface, interfaces, mac_of
from itsm.demo.fleet.shell.machine import Machine
from itsm.demo.fleet.world import mac_text

_CPU_MHZ: Final = 2400


def _sheet(rows: dict[str, object]) -> str:
    return "".join(f"   {name}: {value}\n" for name, value in rows.items())


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return columns as esxcli lines them up: two spaces between, dashes below the heads."""
    texts = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in texts) for place in range(len(texts[0]))]
    texts.insert(1, ["-" * width for width in widths])
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in texts)


def uname(machine: Machine) -> str:
    """Return ``uname -a``."""
    facts = machine.facts
    return f"VMkernel {machine.name} {facts['version']} #1 SMP Release build-{facts['build']} Sep  4 2023 x86_64 ESXi\n"


def platform(machine: Machine) -> str:
    """Return ``esxcli hardware platform get``."""
    facts = machine.facts
    octets = bytes.fromhex(facts["uuid"].replace("-", ""))
    return "Platform Information\n" + _sheet({
        "UUID": " ".join(f"{octet:#x}" for octet in octets), "Product Name": facts["model"],
        "Vendor Name": "Dell Inc.", "Serial Number": facts["serial"], "Enclosure Serial Number": facts["serial"],
        "BIOS Asset Tag": "", "IPMI Supported": "true",
    })  # fmt: skip


def version(machine: Machine) -> str:
    """Return ``esxcli system version get``."""
    build = f"Releasebuild-{machine.facts['build']}"
    product = {"Product": "VMware ESXi", "Version": machine.facts["version"]}
    return _sheet({**product, "Build": build, "Update": 2, "Patch": 0})


def cpus(machine: Machine) -> str:
    """Return ``esxcli hardware cpu list``."""
    cpu, text = machine.facts["cpu"], ""
    threads = cpu["cores"] * cpu["threads"]
    for number in range(cpu["sockets"] * threads):
        text += f"CPU:{number}\n" + _sheet({
            "Id": number, "Package Id": number // threads, "Family": 6, "Model": 106, "Type": 0, "Stepping": 6,
            "Brand": cpu["vendor"], "Core Speed": _CPU_MHZ * 1_000_000 + number * 7, "Bus Speed": 100_000_012,
            "APIC ID": hex(number), "Node": number // threads, "L2 Cache Size": 1310720, "Core Id": number // 2,
        })  # fmt: skip
    return text


def memory(machine: Machine) -> str:
    """Return ``esxcli hardware memory get``."""
    octets = machine.facts["memory_gb"] << 30
    return _sheet({"Physical Memory": f"{octets} Bytes", "Reliable Memory": "0 Bytes", "NUMA Node Count": 2})


def storage(machine: Machine) -> str:
    """Return ``esxcli storage core device list``."""
    text = ""
    for disk in machine.facts["disks"]:
        text += f"naa.{disk['serial']}\n" + _sheet({
            "Display Name": f"Local DELL Disk (naa.{disk['serial']})", "Has Settable Display Name": "true",
            "Size": disk["size_gb"] * 10**9 // 2**20, "Device Type": "Direct-Access", "Multipath Plugin": "HPP",
            "Vendor": "DELL", "Model": disk["model"], "Revision": "5.21", "SCSI Level": 5, "Is SSD": "true",
        })  # fmt: skip
    return text


def _cards(machine: Machine) -> list[Interface]:
    return [port for port in interfaces(machine.world, machine.name) if port.name.startswith("vmnic")]


def cards(machine: Machine) -> str:
    """Return ``esxcli network nic list``."""
    head = ("Name", "PCI Device", "Driver", "Admin Status", "Link Status", "Speed", "Duplex", "MAC Address", "MTU")
    rows: list[tuple[Any, ...]] = []
    for number, port in enumerate(_cards(machine)):
        mac = mac_text(mac_of(machine.facts, port) or 0)
        state = ("Up", port.speed, "Full") if port.up else ("Down", 0, "Half")
        card = "Broadcom NetXtreme E-Series Dual-port 10Gb"
        rows.append((port.name, f"0000:17:00.{number}", "bnxtnet", "Up", *state, mac, 1500, card))
    return _table((*head, "Description"), rows)


def addresses(machine: Machine) -> str:
    """Return ``esxcli network ip interface ipv4 get``."""
    own = machine.world.address(machine.name)
    net = own.rpartition(".")[0]
    head = ("Name", "IPv4 Address", "IPv4 Netmask", "IPv4 Broadcast", "Address Type", "Gateway", "DHCP DNS")
    return _table(head, [("vmk0", own, "255.255.255.0", f"{net}.255", "STATIC", "0.0.0.0", "false")])  # noqa: S104


def packages(machine: Machine) -> str:
    """Return ``esxcli software vib list``."""
    head = ("Name", "Version", "Vendor", "Acceptance Level", "Install Date", "Platforms")
    names = ("bnxtnet", "esx-base", "esx-update", "esxio-base", "lsi-mr3", "tools-light", "vsan")
    release = f"{machine.facts['version']}-0.0.{machine.facts['build']}"
    return _table(head, [(name, release, "VMware", "VMwareCertified", "2023-10-03", "host") for name in names])


def running(machine: Machine) -> str:
    """Return ``esxcli vm process list``: the machines that are on."""
    text = ""
    for number, vm in enumerate(machine.facts["machines"]):
        if vm.get("power", "poweredOn") != "poweredOn":
            continue
        digits = vm["uuid"].replace("-", "")
        octets = [digits[place : place + 2] for place in range(0, 32, 2)]
        text += f"{vm['name']}\n" + _sheet({
            "World ID": 2099001 + number, "Process ID": 0, "VMX Cartel ID": 2099000 + number,
            "UUID": f"{' '.join(octets[:8])}-{' '.join(octets[8:])}", "Display Name": vm["name"],
            "Config File": f"/vmfs/volumes/datastore1/{vm['name']}/{vm['name']}.vmx",
        }) + "\n"  # fmt: skip
    return text


def registered(machine: Machine) -> str:
    """Return ``vim-cmd vmsvc/getallvms``."""
    head = ("Vmid", "Name", "File", "Guest OS", "Version", "Annotation")
    rows = [
        (number, vm["name"], f"[datastore1] {vm['name']}/{vm['name']}.vmx", vm["guest"], "vmx-20", "")
        for number, vm in enumerate(machine.facts["machines"], 1)
    ]
    # This one has no dashes below its heads.
    lines = _table(head, rows).splitlines(keepends=True)
    return "".join(lines[:1] + lines[2:])


def df(_machine: Machine) -> str:
    """Return ``df -k``."""
    return (
        "Filesystem  1k-blocks      Used Available Use% Mounted on\n"
        "VMFS-6     1718091776 902311040 815780736  53% /vmfs/volumes/datastore1\n"
        "vfat          4193888    172416   4021472   5% /vmfs/volumes/BOOTBANK1\n"
    )


COMMANDS: Final[dict[str, Callable[[Machine], str]]] = {
    "uname -s": lambda _machine: "VMkernel\n",
    "uname -a": uname,
    "hostname": lambda machine: machine.name + "\n",
    "esxcli hardware platform get": platform,
    "esxcli system version get": version,
    "esxcli hardware cpu list": cpus,
    "esxcli hardware memory get": memory,
    "esxcli storage core device list": storage,
    "esxcli network nic list": cards,
    "esxcli network ip interface ipv4 get": addresses,
    "esxcli software vib list": packages,
    "esxcli vm process list": running,
    "vim-cmd vmsvc/getallvms": registered,
    "df -k": df,
}
