"""The command lines of network devices: prompts, pagers, and outputs that ntc-templates can read."""

from __future__ import annotations

import time
from typing import Any

import ntc_templates.parse
import paramiko
import pytest

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.shell.machine import Machine
from itsm.demo.fleet.shell.platforms import PLATFORMS
from tests.demo.fleet.test_ssh import said, session


def parsed(fleet: Fleet, name: str, command: str) -> list[dict[str, Any]]:
    """Return the rows that ntc-templates finds in what a device prints."""
    platform = fleet.world[name]["ssh"]
    output = PLATFORMS[platform].run(Machine(fleet.world, name, 20 * 86400.0), command)
    assert output.status == 0
    rows: list[dict[str, Any]] = ntc_templates.parse.parse_output(
        platform=platform, command=command.strip("/").removesuffix(" without-paging"), data=output.stdout
    )
    return rows


class Talk:
    """A person at a terminal."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self.channel = channel
        self.channel.settimeout(5)

    def until(self, end: str) -> str:
        heard = ""
        deadline = time.monotonic() + 5
        while not heard.endswith(end):
            assert time.monotonic() < deadline, heard
            heard += self.channel.recv(4096).decode()
        return heard.replace("\r\n", "\n")

    def ask(self, line: str, prompt: str) -> str:
        self.channel.sendall(line.encode() + b"\n")
        return self.until(prompt).removeprefix(line + "\n").removesuffix(prompt)


def test_a_stack_tells_its_members_to_who_asks_for_the_version(fleet: Fleet) -> None:
    row = parsed(fleet, "core-sw1", "show version")[0]
    assert row["version"] == "17.9.4a"
    assert row["hostname"] == "core-sw1"
    assert row["uptime"] == "2 weeks, 6 days"
    assert set(row["serial"]) == {"FOC2714X0K2", "FOC2714X0PD", "FOC2714X0QG"}
    assert set(row["hardware"]) == {"C9300-24T"}
    assert row["mac_address"][0] == "70:6d:15:3a:40:00"


def test_an_inventory_has_every_part(fleet: Fleet) -> None:
    parts = [(row["name"], row["pid"], row["sn"]) for row in parsed(fleet, "core-sw1", "show inventory")]
    assert parts[1] == ("Switch 1", "C9300-24T", "FOC2714X0K2")
    assert ("Switch 2 - Power Supply A", "PWR-C1-350WAC-P", "ART2703F1P4") in parts
    assert len(parts) == 10


def test_interfaces_and_addresses(fleet: Fleet) -> None:
    rows = {row["interface"]: row for row in parsed(fleet, "core-sw1", "show interfaces")}
    assert len(rows) == 85
    assert rows["GigabitEthernet1/0/1"]["mac_address"] == "706d.153a.4001"
    assert rows["GigabitEthernet1/0/1"]["description"] == "to fw1"
    assert rows["Vlan99"]["ip_address"] == "10.42.0.2"
    brief = {row["interface"]: row for row in parsed(fleet, "core-sw1", "show ip interface brief")}
    assert brief["Vlan99"]["ip_address"] == "10.42.0.2"
    assert brief["GigabitEthernet1/0/3"]["proto"] == "down"


@pytest.mark.parametrize(
    ("command", "column"), [("show lldp neighbors detail", "lldp"), ("show cdp neighbors detail", "cdp")]
)
def test_neighbours(fleet: Fleet, command: str, column: str) -> None:
    names = {row["neighbor_name"]: row["mgmt_address"] for row in parsed(fleet, "core-sw1", command)}
    expected = {
        cable.peer: fleet.world.address(cable.peer)
        for cable in fleet.world.cables_of("core-sw1")
        if fleet.world[cable.peer].get(column)
    }
    assert names == expected


def test_tables_of_addresses(fleet: Fleet) -> None:
    macs = {row["destination_address"]: row for row in parsed(fleet, "core-sw1", "show mac-address-table")}
    assert macs["9009.d031.5ba0"]["destination_port"] == ["Gi1/0/5"]
    assert macs["9009.d031.5ba0"]["vlan_id"] == "40"
    arp = {row["ip_address"]: row["mac_address"] for row in parsed(fleet, "core-sw1", "show ip arp")}
    assert arp["10.42.0.5"] == "e81c.ba2f.710b"
    assert [row["vlan_name"] for row in parsed(fleet, "core-sw1", "show vlan")] == [
        "office", "voice", "printing", "servers", "management",
    ]  # fmt: skip


def test_a_firewall(fleet: Fleet) -> None:
    row = parsed(fleet, "fw1", "get system status")[0]
    assert row["version"] == "FortiGate-60F v7.2.5,build1517,230606 (GA.F)"
    assert (row["serial_number"], row["hostname"]) == ("FGT60FTK21064173", "fw1")
    ports = {row["name"]: row["ip_address"] for row in parsed(fleet, "fw1", "get system interface physical")}
    assert ports["internal1"] == "10.42.0.5"
    every = {row["name"]: row for row in parsed(fleet, "fw1", "get system interface")}
    assert len(every) == 9
    assert (every["internal1"]["ip_address"], every["internal1"]["status"]) == ("10.42.0.5", "up")
    neighbours = {row["ip_address"]: row["mac_address"] for row in parsed(fleet, "fw1", "get system arp")}
    assert neighbours["10.42.0.40"] == "90:09:d0:31:5b:a0"


def test_a_router_takes_commands_without_a_terminal(fleet: Fleet) -> None:
    row = parsed(fleet, "rtr-quay", "/system routerboard print")[0]
    assert (row["hardware_model"], row["serial_number"]) == ("RB4011iGS+", "D4450E8F2A61")
    assert parsed(fleet, "rtr-quay", "/system resource print")[0]["version"] == "7.12.1 (stable)"
    row = parsed(fleet, "rtr-quay", "/ip neighbor print detail without-paging")[0]
    assert (row["interface"], row["identity"], row["ip_address"]) == ("ether2", "acc-sw3", "10.42.1.131")
    ports = {
        row["name"]: row["mac_address"] for row in parsed(fleet, "rtr-quay", "/interface print detail without-paging")
    }
    assert ports["ether2"] == "48:8F:5A:20:C7:12"
    assert len(ports) == 12
    with session(fleet, "rtr-quay") as client:
        transport = client.get_transport()
        assert transport is not None
        assert transport.remote_version == "SSH-2.0-ROSSSH"
        assert said(client, "/system identity print") == ("  name: rtr-quay\n", 0)
        assert said(client, "uname -s")[0] == "bad command name (line 1 column 1)\n"


def test_an_access_switch(fleet: Fleet) -> None:
    row = parsed(fleet, "acc-sw1", "show system")[0]
    assert (row["name"], row["serial"], row["software_version"]) == ("acc-sw1", "CN91HKW05T", "WC.16.11.0012")
    assert (row["rom_version"], row["mac_address"]) == ("WC.16.01.0010", "94f128-5c1000")
    ports = {row["port"]: row["status"] for row in parsed(fleet, "acc-sw1", "show interfaces brief")}
    assert len(ports) == 52
    assert (ports["1"], ports["3"], ports["49"]) == ("Up", "Down", "Up")
    neighbours = parsed(fleet, "acc-sw1", "show lldp info remote-device detail")
    assert {(row["local_interface"], row["neighbor_name"]) for row in neighbours} == {
        ("49", "core-sw1"), ("1", "ap2"), ("2", "ap3"), ("5", "ph-reception"), ("6", "ph-sales"),
    }  # fmt: skip
    macs = {row["mac_address"]: (row["port"], row["vlan_id"]) for row in parsed(fleet, "acc-sw1", "show mac-address")}
    assert macs["80e82c-4170d2"] == ("20", "30")
    assert parsed(fleet, "acc-sw1", "show arp")[0]["ip_address"] == "10.42.0.5"


def test_a_hypervisor(fleet: Fleet) -> None:
    with session(fleet, "esx1") as client:
        assert said(client, "uname -s") == ("VMkernel\n", 0)
        platform = said(client, "esxcli hardware platform get")[0]
        assert "   Serial Number: 7H4KQ93\n" in platform
        assert "   UUID: 0x4c 0x4c 0x45 0x44 0x0 0x48 0x34 0x10 " in platform
        assert said(client, "esxcli vm process list")[0].count("Display Name: ") == 2
        machines = said(client, "vim-cmd vmsvc/getallvms")[0].splitlines()
        assert machines[0].split() == ["Vmid", "Name", "File", "Guest", "OS", "Version", "Annotation"]
        assert [line.split()[1] for line in machines[1:]] == ["srv-web", "srv-erp", "srv-test"]
        assert "Physical Memory: 274877906944 Bytes" in said(client, "esxcli hardware memory get")[0]


def test_a_terminal_has_a_prompt_and_a_pager(fleet: Fleet) -> None:
    with session(fleet, "core-sw1") as client:
        talk = Talk(client.invoke_shell())
        assert talk.until("core-sw1#") == "\ncore-sw1#"
        first = talk.ask("show interfaces", " --More-- ")
        assert len(first.splitlines()) == 24
        talk.channel.sendall(b"q")
        talk.until("core-sw1#")
        assert talk.ask("terminal length 0", "core-sw1#") == ""
        whole = talk.ask("show interfaces", "core-sw1#")
        assert whole.startswith(first)
        assert "--More--" not in whole
        assert talk.ask("reload", "core-sw1#").endswith("% Invalid input detected at '^' marker.\n\n")
        talk.channel.sendall(b"exit\n")
        assert talk.until("exit\r\n") == "exit\n"
        assert talk.channel.recv(10) == b""


def test_a_page_at_a_time_gives_the_same_as_all_at_once(fleet: Fleet) -> None:
    command, pager = "show ip interface brief", " --More-- "
    expected = PLATFORMS["cisco_ios"].run(Machine(fleet.world, "core-sw1", 0.0), command).stdout
    with session(fleet, "core-sw1") as client:
        talk = Talk(client.invoke_shell())
        talk.until("core-sw1#")
        talk.channel.sendall(command.encode() + b"\n")
        heard = ""
        for _page in range(3):
            heard += talk.until(pager)
            talk.channel.sendall(b" ")
        heard += talk.until("core-sw1#")
    plain = heard.replace(pager + "\b" * 10 + " " * 10 + "\b" * 10, "")
    assert plain == f"{command}\n{expected}core-sw1#"
