"""What a ProCurve or Aruba switch prints at its prompt (AOS-S)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from itsm.demo.fleet.mibs.layer2 import forwarding
from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import interfaces
from itsm.demo.fleet.shell.machine import Machine
from itsm.demo.fleet.world import fill, mac_number, mac_octets

_DETAIL_RULE: Final = "-" * 78


def halved(mac: int) -> str:
    """Return a MAC address as these switches write it: ``94f128-5c1000``."""
    digits = mac_octets(mac).hex()
    return f"{digits[:6]}-{digits[6:]}"


def show_system(machine: Machine) -> str:
    """Return ``show system``."""
    facts = machine.facts
    mac = halved(mac_number(facts["mac"]))
    days = f"{int(machine.seconds // 86400)} days"
    return (
        "\n Status and Counters - General System Information\n\n"
        f"  System Name        : {machine.name}\n  System Contact     : it@larkspur.example\n"
        f"  System Location    : {facts.get('room', '')}\n\n  MAC Age Time (sec) : 300\n\n"
        "  Time Zone          : 0\n  Daylight Time Rule : Western-Europe\n\n"
        f"  Software revision  : {facts['version']:<20} Base MAC Addr      : {mac}\n"
        f"  ROM Version        : {facts['rom']:<20} Serial Number      : {facts['serial']}\n\n"
        f"  Up Time            : {days:<20} Memory   - Total   : 343,133,184\n"
        "  CPU Util (%)       : 6                             Free    : 219,901,952\n\n"
        "  IP Mgmt  - Pkts Rx : 12,880,316           Packet   - Total   : 6750\n"
        "             Pkts Tx : 8,441,903            Buffers    Free    : 4998\n"
        "                                                       Lowest  : 4711\n"
        "                                                       Missed  : 0\n"
    )


def show_version(machine: Machine) -> str:
    """Return ``show version``."""
    version = machine.facts["version"]
    return f"\n Image stamp:    larkspur\n                 {version}\n Boot Image:     Primary\n\n"


def show_interfaces_brief(machine: Machine) -> str:
    """Return ``show interfaces brief``."""
    text = "\n Status and Counters - Port Status\n\n"
    text += "                          | Intrusion                           MDI  Flow Bcast\n"
    text += "  Port         Type       | Alert     Enabled Status Mode       Mode Ctrl Limit\n"
    text += "  ------------ ---------- + --------- ------- ------ ---------- ---- ---- -----\n"
    for port in interfaces(machine.world, machine.name):
        if port.bridge_port:
            kind, mode = ("SFP+SR", "10GigFD") if port.speed > 1000 else ("100/1000T", "1000FDx")
            words = ("Yes" if port.enabled else "No", "Up" if port.up else "Down")
            text += f"  {port.name:<12} {kind:<10} | No        {words[0]:<7} {words[1]:<6} {mode:<10} MDI  off  0\n"
    return text + "\n"


def show_lldp(machine: Machine) -> str:
    """Return ``show lldp info remote-device detail``."""
    world, text = machine.world, "\n LLDP Remote Device Information Detail\n\n"
    own = {port.name for port in interfaces(world, machine.name)}
    for cable in world.cables_of(machine.name):
        peer = world[cable.peer]
        if not peer.get("lldp") or peer.get("off") or cable.port not in own:
            continue
        ports = interfaces(world, cable.peer)
        far = next((port for port in ports if port.name == cable.peer_port), ports[0])
        mac = halved(mac_number(peer["mac"]))
        text += (
            f"  Local Port   : {cable.port}\n  ChassisType  : mac-address\n  ChassisId    : {mac}\n"
            f"  PortType     : interface-name\n  PortId       : {far.name}\n  SysName      : {cable.peer}\n"
            f"  System Descr : {' '.join(fill(peer['descr'], peer).split())}\n  PortDescr    : {far.descr}\n"
            "  Pvid         :\n\n  System Capabilities Supported  : bridge\n"
            "  System Capabilities Enabled    : bridge\n\n"
            f"  Remote Management Address\n     Type    : ipv4\n     Address : {world.address(cable.peer)}\n\n"
            f"{_DETAIL_RULE}\n"
        )
    return text


def show_mac_address(machine: Machine) -> str:
    """Return ``show mac-address``."""
    found = interfaces(machine.world, machine.name)
    names = {port.bridge_port: port.name for port in found if port.bridge_port}
    text = "\n Status and Counters - Port Address Table\n\n"
    text += "  MAC Address       Port                            VLAN\n"
    text += "  ----------------- ------------------------------- ----\n"
    for mac, vlan, number in forwarding(machine.world, machine.name, found):
        text += f"  {halved(mac):<17} {names[number]:<31} {vlan}\n"
    return text + "\n"


def show_arp(machine: Machine) -> str:
    """Return ``show arp``: the gateway."""
    text = "\n IP ARP table\n\n  IP Address       MAC Address       Type    Port\n"
    text += "  ---------------  ----------------- ------- ----\n"
    for other, facts in machine.world.devices.items():
        if facts.get("gateway") and facts["site"] == machine.facts["site"]:
            mac = halved(primary_mac(machine.world, other))
            text += f"  {machine.world.address(other):<15}  {mac:<17} dynamic\n"
    return text + "\n"


COMMANDS: Final[dict[str, Callable[[Machine], str]]] = {
    "show system": show_system,
    "show version": show_version,
    "show interfaces brief": show_interfaces_brief,
    "show lldp info remote-device detail": show_lldp,
    "show mac-address": show_mac_address,
    "show arp": show_arp,
}
