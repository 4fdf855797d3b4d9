"""What a MikroTik router prints (RouterOS)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import interfaces, mac_of
from itsm.demo.fleet.shell.machine import Machine
from itsm.demo.fleet.world import fill, mac_number, mac_octets


def _sheet(rows: dict[str, str]) -> str:
    return "".join(f"{name:>22}: {value}\n" for name, value in rows.items())


def resource(machine: Machine) -> str:
    """Return ``/system resource print``."""
    rest, text = int(machine.seconds), ""
    for size, unit in ((604800, "w"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return _sheet({
        "uptime": text or "0s", "version": f"{machine.facts['version']} (stable)", "build-time": "Nov/17/2023 11:38:45",
        "factory-software": "6.44.6", "free-memory": "888.1MiB", "total-memory": "1024.0MiB", "cpu": "ARM",
        "cpu-count": "4", "cpu-frequency": "1400MHz", "cpu-load": "2%", "free-hdd-space": "488.3MiB",
        "total-hdd-space": "512.3MiB", "architecture-name": "arm", "board-name": machine.facts["model"],
        "platform": "MikroTik",
    })  # fmt: skip


def routerboard(machine: Machine) -> str:
    """Return ``/system routerboard print``."""
    facts = machine.facts
    return _sheet({
        "routerboard": "yes", "model": facts["model"], "serial-number": facts["serial"], "firmware-type": "al2",
        "factory-firmware": "6.45.9", "current-firmware": facts["version"], "upgrade-firmware": facts["version"],
    })  # fmt: skip


def identity(machine: Machine) -> str:
    """Return ``/system identity print``."""
    return f"  name: {machine.name}\n"


def interface_detail(machine: Machine) -> str:
    """Return ``/interface print detail``."""
    text = "Flags: D - dynamic; X - disabled, R - running; S - slave\n"
    for number, port in enumerate(interfaces(machine.world, machine.name)):
        mac = mac_of(machine.facts, port)
        kind = "ether" if port.type == 6 else "wg"
        address = f" mac-address={mac_octets(mac).hex(':').upper()}" if mac is not None else ""
        text += f'{number:>2}  {"R" if port.up else " "}  name="{port.name}" default-name="{port.name}" type="{kind}" '
        text += f"mtu=1500 actual-mtu=1500{address} link-downs=0\n\n"
    return text


def addresses(machine: Machine) -> str:
    """Return ``/ip address print``."""
    own = machine.world.address(machine.name)
    net = own.rpartition(".")[0]
    head = "Columns: ADDRESS, NETWORK, INTERFACE\n# ADDRESS           NETWORK         INTERFACE\n"
    return f"{head}0 {own + '/24':<17} {net + '.0':<15} {machine.facts['address_port']}\n"


def neighbours(machine: Machine) -> str:
    """Return ``/ip neighbor print detail``."""
    text, world = "", machine.world
    found = [cable for cable in world.cables_of(machine.name) if world[cable.peer].get("lldp")]
    for number, cable in enumerate(found):
        peer = world[cable.peer]
        mac = mac_octets(mac_number(peer["mac"])).hex(":").upper()
        text += (
            f" {number} interface={cable.port} address={world.address(cable.peer)} "
            f'address4={world.address(cable.peer)} mac-address={mac} identity="{cable.peer}" platform="" '
            f'version="" unpack=none age=14s interface-name="{cable.peer_port}" '
            f'system-description="{fill(peer["descr"], peer)}" system-caps=bridge system-caps-enabled=bridge\n'
        )
    return text


def arp(machine: Machine) -> str:
    """Return ``/ip arp print``: everybody at the site."""
    text, world = " #    ADDRESS         MAC-ADDRESS       INTERFACE\n", machine.world
    others = [
        other
        for other, facts in world.devices.items()
        if other != machine.name and facts["site"] == machine.facts["site"] and not facts.get("off")
    ]
    for number, other in enumerate(others):
        mac = mac_octets(primary_mac(world, other)).hex(":").upper()
        text += f"{number:>2} DC {world.address(other):<15} {mac} {machine.facts['address_port']}\n"
    return text


COMMANDS: Final[dict[str, Callable[[Machine], str]]] = {
    "/system resource print": resource,
    "/system routerboard print": routerboard,
    "/system identity print": identity,
    "/interface print detail without-paging": interface_detail,
    "/ip address print without-paging": addresses,
    "/ip neighbor print detail without-paging": neighbours,
    "/ip arp print without-paging": arp,
}
