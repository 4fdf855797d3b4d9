"""What a Cisco switch prints at its prompt (IOS XE)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from itsm.demo.fleet.mibs.layer2 import forwarding
from itsm.demo.fleet.mibs.system import primary_mac
from itsm.demo.fleet.ports import Interface, interfaces, mac_of
from itsm.demo.fleet.shell.machine import Machine
from itsm.demo.fleet.world import Cable, fill, mac_number, mac_octets

_RULE: Final = "-" * 48


def dotted(mac: int) -> str:
    """Return a MAC address as Cisco writes it."""
    digits = mac_octets(mac).hex()
    return f"{digits[:4]}.{digits[4:8]}.{digits[8:]}"


def uptime_words(seconds: float) -> str:
    """Return a time in weeks, days, hours and minutes, leaving out what is zero."""
    rest, words = int(seconds) // 60, []
    for size, unit in ((10080, "week"), (1440, "day"), (60, "hour"), (1, "minute")):
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return ", ".join(words) or "0 minutes"


def _chassis(machine: Machine) -> list[dict[str, str]]:
    facts = machine.facts
    return [
        {"model": part["model"], "serial": fill(part["serial"], facts), "hardware": part.get("hardware", "V01")}
        for part in facts["parts"]
        if part["class"] == "chassis"
    ]


def show_version(machine: Machine) -> str:
    """Return ``show version``, with every member of the stack."""
    facts, members = machine.facts, _chassis(machine)
    up, mac = uptime_words(machine.seconds), mac_number(facts["mac"])
    text = (
        f"Cisco IOS XE Software, Version {facts['version']}\n{fill(facts['descr'], facts)}\n\n"
        f"ROM: IOS-XE ROMMON\n{machine.name} uptime is {up}\n"
        'System returned to ROM by Reload Command\nSystem image file is "flash:packages.conf"\n'
        f"Last reload reason: Reload Command\n\ncisco {members[0]['model']} (X86) processor with 1338934K/6147K bytes "
        f"of memory.\nProcessor board ID {members[0]['serial']}\n2048K bytes of non-volatile configuration memory.\n"
        "8388608K bytes of physical memory.\n\n"
    )
    text += _member(mac, members[0])
    text += "\nSwitch Ports Model              SW Version        SW Image              Mode\n"
    text += "------ ----- -----              ----------        ----------            ----\n"
    for number, member in enumerate(members, 1):
        star = "*" if number == 1 else " "
        text += f"{star}{number:>5} 28    {member['model']:<18} {facts['version']:<17} CAT9K_IOSXE           INSTALL\n"
    for number, member in enumerate(members[1:], 2):
        text += f"\nSwitch {number:02}\n---------\nSwitch uptime                      : {up}\n"
        text += _member(mac + 0x100 * (number - 1), member)
    return text + "\nConfiguration register is 0x102\n"


def _member(mac: int, member: dict[str, str]) -> str:
    rows = {
        "Base Ethernet MAC Address": mac_octets(mac).hex(":"), "Model Revision Number": member["hardware"],
        "Model Number": member["model"], "System Serial Number": member["serial"],
    }  # fmt: skip
    return "".join(f"{name:<35}: {value}\n" for name, value in rows.items())


def show_inventory(machine: Machine) -> str:
    """Return ``show inventory``: the parts of ENTITY-MIB."""
    facts, text = machine.facts, ""
    for part in facts["parts"]:
        model, serial = part.get("model", ""), fill(part.get("serial", ""), facts)
        if part["class"] == "stack":
            first = _chassis(machine)[0]
            model, serial = first["model"], first["serial"]
        text += f'NAME: "{part["name"]}", DESCR: "{part.get("descr", part["name"])}"\n'
        text += f"PID: {model:<18}, VID: {part.get('hardware', 'V01')}  , SN: {serial}\n\n"
    return text


def show_interfaces(machine: Machine) -> str:
    """Return ``show interfaces``."""
    return "".join(_interface(machine, port) for port in interfaces(machine.world, machine.name))


def _interface(machine: Machine, port: Interface) -> str:
    facts, world = machine.facts, machine.world
    state = "up" if port.up else "administratively down" if not port.enabled else "down"
    mac = dotted(mac_of(facts, port) or mac_number(facts["mac"]))
    hardware = (
        "Ethernet SVI" if port.type == 53 else "Ten Gigabit Ethernet" if port.speed > 1000 else "Gigabit Ethernet"
    )
    text = f"{port.descr} is {state}, line protocol is {'up' if port.up else 'down'}\n"
    text += f"  Hardware is {hardware}, address is {mac} (bia {mac})\n"
    if port.alias:
        text += f"  Description: {port.alias}\n"
    if port.name == facts.get("address_port"):
        text += f"  Internet address is {world.address(machine.name)}/24\n"
    text += f"  MTU 1500 bytes, BW {port.speed * 1000} Kbit/sec, DLY 10 usec,\n"
    text += "     reliability 255/255, txload 1/255, rxload 1/255\n  Encapsulation ARPA, loopback not set\n"
    if port.type != 53:
        speed = f"{port.speed // 1000}Gb/s" if port.speed > 1000 else f"{port.speed}Mb/s"
        text += f"  {'Full' if port.up else 'Auto'}-duplex, {speed}, media type is 10/100/1000BaseTX\n"
    return text


def show_ip_interface_brief(machine: Machine) -> str:
    """Return ``show ip interface brief``."""
    text = "Interface              IP-Address      OK? Method Status                Protocol\n"
    for port in interfaces(machine.world, machine.name):
        own = port.name == machine.facts.get("address_port")
        address = machine.world.address(machine.name) if own else "unassigned"
        state = "up" if port.up else "administratively down" if not port.enabled else "down"
        text += f"{port.descr:<22} {address:<15} YES {'NVRAM' if own else 'unset':<6} {state:<21} "
        text += f"{'up' if port.up else 'down'}\n"
    return text


def _neighbours(machine: Machine, protocol: str) -> Iterator[tuple[Cable, Interface, Interface]]:
    """Yield (cable, own port, far port) of the neighbours that speak a protocol."""
    world, found = machine.world, {port.name: port for port in interfaces(machine.world, machine.name)}
    for cable in world.cables_of(machine.name):
        peer = world[cable.peer]
        if peer.get(protocol) and not peer.get("off") and cable.port in found:
            ports = interfaces(world, cable.peer)
            far = next((port for port in ports if port.name == cable.peer_port), ports[0])
            yield cable, found[cable.port], far


def show_lldp_neighbors_detail(machine: Machine) -> str:
    """Return ``show lldp neighbors detail``."""
    text, count = "", 0
    for cable, own, far in _neighbours(machine, "lldp"):
        peer, count = machine.world[cable.peer], count + 1
        port_id = far.name if peer.get("lldp_port", "name") == "name" else str(far.index)
        capabilities = "B" if peer.get("bridge") else "R" if peer["kind"] == "router" else "S"
        text += (
            f"{_RULE}\nLocal Intf: {own.name}\nChassis id: {dotted(mac_number(peer['mac']))}\nPort id: {port_id}\n"
            f"Port Description: {far.descr}\nSystem Name: {cable.peer}\n\nSystem Description: \n"
            f"{fill(peer['descr'], peer)}\n\nTime remaining: 96 seconds\nSystem Capabilities: {capabilities}\n"
            f"Enabled Capabilities: {capabilities}\nManagement Addresses:\n"
            f"    IP: {machine.world.address(cable.peer)}\n"
            "Auto Negotiation - not supported\nPhysical media capabilities - not advertised\n"
            "Media Attachment Unit type - not advertised\nVlan ID: - not advertised\n\n"
        )
    return text + f"\nTotal entries displayed: {count}\n"


def show_cdp_neighbors_detail(machine: Machine) -> str:
    """Return ``show cdp neighbors detail``."""
    text = ""
    for cable, own, far in _neighbours(machine, "cdp"):
        peer = machine.world[cable.peer]
        text += (
            f"-------------------------\nDevice ID: {cable.peer}\nEntry address(es): \n"
            f"  IP address: {machine.world.address(cable.peer)}\n"
            f"Platform: {fill(peer.get('platform', '{vendor} {model}'), peer)},  Capabilities: Trans-Bridge \n"
            f"Interface: {own.descr},  Port ID (outgoing port): {far.descr}\nHoldtime : 131 sec\n\n"
            f"Version :\n{fill(peer['descr'], peer)}\n\nadvertisement version: 2\n\n"
        )
    return text


def show_vlan(machine: Machine) -> str:
    """Return ``show vlan``."""
    text = "\nVLAN Name                             Status    Ports\n"
    text += "---- -------------------------------- --------- -------------------------------\n"
    ports = [port.name for port in interfaces(machine.world, machine.name) if port.bridge_port and not port.alias]
    for vlan, title in machine.world.company["vlans"].items():
        members = ", ".join(ports[:4]) if vlan == "10" else ""
        text += f"{vlan:<4} {title:<32} active    {members}".rstrip() + "\n"
    return text


def show_mac_address_table(machine: Machine) -> str:
    """Return ``show mac address-table``."""
    text = "          Mac Address Table\n-------------------------------------------\n\n"
    text += "Vlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n"
    found = interfaces(machine.world, machine.name)
    names = {port.bridge_port: port.name for port in found if port.bridge_port}
    rows = list(forwarding(machine.world, machine.name, found))
    for mac, vlan, number in rows:
        text += f"{vlan:>4}    {dotted(mac)}    DYNAMIC     {names[number]}\n"
    return text + f"Total Mac Addresses for this criterion: {len(rows)}\n"


def show_ip_arp(machine: Machine) -> str:
    """Return ``show ip arp``: the switch itself and its gateway."""
    world, facts = machine.world, machine.facts
    text = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
    for other, others in world.devices.items():
        if others["site"] == facts["site"] and (others.get("gateway") or other == machine.name):
            age = "-" if other == machine.name else "12"
            mac = dotted(primary_mac(world, other))
            text += f"Internet  {world.address(other):<16} {age:>8}   {mac}  ARPA   Vlan99\n"
    return text


COMMANDS: Final[dict[str, Callable[[Machine], str]]] = {
    "show version": show_version,
    "show inventory": show_inventory,
    "show interfaces": show_interfaces,
    "show ip interface brief": show_ip_interface_brief,
    "show lldp neighbors detail": show_lldp_neighbors_detail,
    "show cdp neighbors detail": show_cdp_neighbors_detail,
    "show vlan": show_vlan,
    "show mac address-table": show_mac_address_table,
    "show mac-address-table": show_mac_address_table,
    "show ip arp": show_ip_arp,
}
