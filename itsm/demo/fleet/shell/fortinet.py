"""What a FortiGate prints at its prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import interfaces
from itsm.demo.fleet.shell.machine import Machine


def status(machine: Machine) -> str:
    """Return ``get system status``."""
    facts = machine.facts
    board = facts["model"].replace(" ", "-")
    return (
        f"Version: {board} v{facts['version']},build1517,230606 (GA.F)\nSecurity Level: 1\n"
        "Firmware Signature: certified\nVirus-DB: 91.06481(2023-09-12 04:26)\nExtended DB: 91.06481(2023-09-12 04:25)\n"
        f"Serial-Number: {facts['serial']}\nBIOS version: 05000022\nSystem Part-Number: P24286-04\n"
        f"Log hard disk: Not available\nHostname: {machine.name}\nPrivate Encryption: Disable\n"
        "Operation Mode: NAT\nCurrent virtual domain: root\nMax number of virtual domains: 10\n"
        "Virtual domains status: 1 in NAT mode, 0 in TP mode\n"
        "Virtual domain configuration: disable\nFIPS-CC mode: disable\n"
        "Current HA mode: standalone\nBranch point: 1517\nRelease Version Information: GA\n"
    )


def physical(machine: Machine) -> str:
    """Return ``get system interface physical``."""
    text = "== [onboard]\n"
    for port in interfaces(machine.world, machine.name):
        if port.type != 6:
            continue
        own = port.name == machine.facts.get("address_port")
        address = f"{machine.world.address(machine.name)} 255.255.255.0" if own else "0.0.0.0 0.0.0.0"
        text += f"\t==[{port.name}]\n\t\tmode: static\n\t\tip: {address}\n\t\tipv6: ::/0\n"
        text += f"\t\tstatus: {'up' if port.up else 'down'}\n"
        text += f"\t\tspeed: {f'{port.speed}Mbps (Duplex: full)' if port.up else 'n/a'}\n"
    return text


def interface(machine: Machine) -> str:
    """Return ``get system interface``."""
    text = ""
    for port in interfaces(machine.world, machine.name):
        own = port.name == machine.facts.get("address_port")
        address = f"{machine.world.address(machine.name)} 255.255.255.0" if own else "0.0.0.0 0.0.0.0"
        kind = "physical" if port.type == 6 else "tunnel"
        fields = {"name": port.name, "mode": "static", "ip": address, "status": "up" if port.up else "down"}
        fields |= {"netbios-forward": "disable", "type": kind, "netflow-sampler": "disable"}
        fields |= {"sflow-sampler": "disable", "src-check": "enable", "explicit-web-proxy": "disable"}
        fields |= {"explicit-ftp-proxy": "disable", "proxy-captive-portal": "disable", "mtu-override": "disable"}
        fields |= {"wccp": "disable", "drop-overlapped-fragment": "disable", "drop-fragment": "disable"}
        line = "    ".join(f"{name}: {value}" for name, value in fields.items())
        text += f"== [ {port.name} ]\n{line}\n"
    return text


def arp(machine: Machine) -> str:
    """Return ``get system arp``: everybody at the site."""
    text, world = "Address           Age(min)   Hardware Addr      Interface\n", machine.world
    for other, facts in world.devices.items():
        if other != machine.name and facts["site"] == machine.facts["site"] and not facts.get("off"):
            mac = primary_mac(world, other).to_bytes(6, "big").hex(":")
            text += f"{world.address(other):<17} {3:<10} {mac}  internal1\n"
    return text


COMMANDS: Final[dict[str, Callable[[Machine], str]]] = {
    "get system status": status,
    "get system interface physical": physical,
    "get system interface": interface,
    "get system arp": arp,
}
