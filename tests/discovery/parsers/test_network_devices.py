"""Outputs of network CLIs: the template is chosen by platform and command, rows become facts."""

import pytest

from itsm.discovery.parsers import UnknownKind, kinds, parse

VERSION = """Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE11, RELEASE SOFTWARE (fc3)
ROM: Bootstrap program is C2960 boot loader
edge-7 uptime is 1 week, 2 days, 3 hours, 4 minutes
System returned to ROM by power-on
System image file is "flash:/c2960-lanbasek9-mz.150-2.SE11.bin"
cisco WS-C2960-24TT-L (PowerPC405) processor (revision B0) with 65536K bytes of memory.
Processor board ID FOC1010X104
Last reset from power-on
Configuration register is 0xF
"""


@pytest.mark.parametrize(
    "kind",
    [
        "cisco_ios/show_version",
        "cisco_ios_show_version",
        "ntc/cisco_ios/show_version",
        "cisco_ios/show version",
        "cisco_ios/sh ver",
        "cisco_xe/show_version",
        "cisco_ios/show_version_of_another_name",
    ],
)
def test_show_version_by_every_spelling_of_its_kind(kind: str) -> None:
    facts = parse(kind, VERSION)
    assert facts["system"] == {"vendor": "Cisco", "model": "WS-C2960-24TT-L", "serial": "FOC1010X104"}
    assert facts["os"] == {"name": "IOS", "version": "15.0(2)SE11"}
    assert (facts["hostname"], facts["uptime"]) == ("edge-7", 7 * 86400 + 2 * 86400 + 3 * 3600 + 4 * 60)
    assert facts["rows"][0]["config_register"] == "0xF"


def test_a_bare_platform_is_read_by_the_template_that_finds_most() -> None:
    assert parse("cisco_ios", VERSION)["system"]["serial"] == "FOC1010X104"
    assert parse("cisco_ios", "nothing to see\n") == {}


def test_inventory_gives_parts_and_the_chassis() -> None:
    text = 'NAME: "Chassis", DESCR: "Nexus9000 C93180YC-EX chassis"\n'
    text += "PID: N9K-C93180YC-EX     , VID: V01 , SN: FDO1\n\n"
    text += 'NAME: "Power Supply 1", DESCR: "Power Supply"\nPID: NXA-PAC-650W-PE     , VID: V02 , SN: ART2\n'
    facts = parse("cisco_nxos/show_inventory", text)
    assert facts["system"] == {"vendor": "Cisco", "model": "N9K-C93180YC-EX", "serial": "FDO1"}
    assert facts["components"][1] == {
        "name": "Power Supply 1",
        "model": "NXA-PAC-650W-PE",
        "serial": "ART2",
        "description": "Power Supply",
        "version": "V02",
    }


def test_neighbours_arp_mac_table_and_vlans() -> None:
    lldp = "Capability codes:\n    (R) Router, (B) Bridge\n\n"
    lldp += "Device ID           Local Intf     Hold-time  Capability      Port ID\n"
    lldp += "core-1              Gi0/2          120        R               Gi0/0\n\n"
    lldp += "Total entries displayed: 1\n"
    assert parse("cisco_ios/show_lldp_neighbors", lldp)["neighbours"] == [
        {"port": "Gi0/2", "host": "core-1", "protocol": "lldp", "remote_port": "Gi0/0"}
    ]
    arp = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
    arp += "Internet  192.0.2.9              3   0200.5e10.0009  ARPA   Vlan7\n"
    assert parse("cisco_ios/show_ip_arp", arp)["arp"] == [
        {"address": "192.0.2.9", "mac": "02:00:5e:10:00:09", "interface": "Vlan7"}
    ]
    table = "          Mac Address Table\n-------------------------------------------\n\n"
    table += "Vlan    Mac Address       Type        Ports\n"
    table += "----    -----------       --------    -----\n   7    0200.5e10.0009    DYNAMIC     Gi0/3\n"
    assert parse("cisco_ios/show_mac-address-table", table)["forwarding"] == [
        {"mac": "02:00:5e:10:00:09", "port": "Gi0/3", "vlan": 7, "type": "DYNAMIC"}
    ]
    vlans = (
        "VLAN Name                             Status    Ports\n---- -------------------------------- --------- ----\n"
    )
    vlans += "1    default                          active    Gi0/1, Gi0/2\n"
    vlans += "7    office                           active    \n"
    assert parse("cisco_ios/show_vlan", vlans)["vlans"] == [{"id": 1, "name": "default"}, {"id": 7, "name": "office"}]


def test_routeros_resource_and_address() -> None:
    text = "                   uptime: 1d2h3m4s\n                  version: 7.12.1 (stable)\n"
    text += "               cpu: ARM\n"
    text += "                cpu-count: 4\n           cpu-frequency: 864MHz\n"
    text += "        architecture-name: arm64\n"
    text += "               board-name: RB5009\n                 platform: MikroTik\n"
    facts = parse("mikrotik_routeros/system_resource_print", text)
    assert facts["os"] == {"name": "RouterOS", "version": "7.12.1"}
    assert facts["system"]["model"] == "RB5009"
    assert facts["uptime"] == 93784


def test_linux_templates_give_rows_and_the_host_reader_gives_facts() -> None:
    text = (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP mode DEFAULT group default qlen 1000\n"
    )
    text += "    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff\n"
    facts = parse("linux/ip_link_show", text)
    assert facts["interfaces"][0]["mac"] == "02:00:5e:10:00:01"
    assert facts["rows"][0]["interface"] == "eth0"


@pytest.mark.parametrize(
    "kind", ["", "nonsense", "cisco_ios/dance", "no_such/show_version", "x" * 5000, "\x00", "a/b/c"]
)
def test_unknown_kinds_are_said_to_be_unknown(kind: str) -> None:
    with pytest.raises(UnknownKind):
        parse(kind, "text")


def test_every_listed_kind_is_read() -> None:
    names = list(kinds())
    assert len(names) == len(set(names)) > 1000
    for name in names[::7]:
        assert isinstance(parse(name, ""), dict)


def test_one_box_of_comware_a_stack_of_ios_and_a_fortigate() -> None:
    text = "Slot 1 CPU 0:\n DEVICE_NAME          : 5140 48G\n DEVICE_SERIAL_NUMBER : CN2ABC\n"
    text += " MAC_ADDRESS          : 0200-5E10-0001\n"
    text += " MANUFACTURING_DATE   : 2021-01-01\n VENDOR_NAME          : HPE\n"
    assert parse("hp_comware/display_device_manuinfo", text)["system"] == {
        "vendor": "HPE",
        "model": "5140 48G",
        "serial": "CN2ABC",
    }
    status = "Version: FortiGate-60F v7.0.7,build0367,220606 (GA.F)\nSerial-Number: FGT60F1\n"
    status += "BIOS version: 05000009\n"
    status += "Hostname: fw1\n"
    facts = parse("fortinet/get_system_status", status)
    assert facts["system"] == {"vendor": "Fortinet", "model": "FortiGate-60F", "serial": "FGT60F1"}
    assert facts["os"] == {"name": "FortiOS", "version": "7.0.7", "build": "0367"}


def test_cdp_neighbours_of_nxos_carry_their_serial() -> None:
    text = "Capability Codes: R - Router\n\n"
    text += "Device-ID          Local Intrfce  Hldtme Capability  Platform      Port ID\n"
    text += "core9(FDO12345678)  Eth1/1         150    R S s     N9K-C9396PX   Eth1/2\n"
    assert parse("cisco_nxos/show_cdp_neighbors", text)["neighbours"] == [
        {"port": "Eth1/1", "host": "core9", "protocol": "cdp", "remote_port": "Eth1/2"}
        | {"platform": "N9K-C9396PX", "serial": "FDO12345678"}
    ]


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (
            "hp_comware/display_version",
            "H3C Comware Software, Version 7.1.070, Release 6555P05\n"
            "H3C S6520X-54QC-EI uptime is 3 weeks, 1 day, 6 hours, 36 minutes\n",
            {
                "system": {"vendor": "H3C", "model": "S6520X-54QC-EI"},
                "os": {"name": "Comware", "version": "7.1.070", "build": "6555P05"},
                "uptime": 3 * 604800 + 86400 + 6 * 3600 + 36 * 60,
            },
        ),
        (
            "aruba_aoscx/show_version",
            "ArubaOS-CX\nVersion      : FL.10.05.0001\nBIOS Version       : FL.01.0001\n",
            {
                "system": {"vendor": "Aruba"},
                "os": {"name": "AOS-CX", "version": "FL.10.05.0001"},
                "bios": {"version": "FL.01.0001"},
            },
        ),
        (
            "extreme_exos/show_version",
            "Switch      : 800611-00-01 1624N-42345 Rev 1 BootROM: 1.0.1.7    IMG: 22.4.1.4\n",
            {
                "system": {"vendor": "Extreme Networks", "serial": "1624N-42345", "part_number": "800611-00-01"},
                "os": {"name": "EXOS", "version": "22.4.1.4"},
            },
        ),
        (
            "dell_os10/show_version",
            "OS Version: 10.5.1.0\nSystem Type: S4128T-ON\nUp Time: 1 day 02:00:00\n",
            {
                "system": {"vendor": "Dell", "model": "S4128T-ON"},
                "os": {"name": "OS10", "version": "10.5.1.0"},
                "uptime": 93600,
            },
        ),
    ],
)
def test_version_texts_without_a_template_are_read_by_their_labels(
    kind: str, text: str, wanted: dict[str, object]
) -> None:
    assert parse(kind, text) == wanted


def test_routeros_identity_and_neighbours() -> None:
    assert parse("mikrotik_routeros/system_identity_print", "  name: core-rtr\n")["hostname"] == "core-rtr"
    text = ' 0 interface=ether1 address=192.0.2.4 address4=192.0.2.4 mac-address=02:00:5E:10:00:04 identity="sw1" '
    text += 'platform="MikroTik" version="7.1 (stable)" unpack=none age=5s uptime=1w software-id="X" board="RB1" '
    text += 'interface-name="ether2" system-description="" system-caps="" system-caps-enabled=""\n'
    assert parse("mikrotik_routeros/ip_neighbor_print_detail", text)["neighbours"] == [
        {
            "port": "ether1",
            "host": "sw1",
            "protocol": "mndp",
            "chassis_id": "02:00:5e:10:00:04",
            "remote_port": "ether2",
        }
        | {"address": "192.0.2.4", "platform": "MikroTik", "version": "7.1 (stable)", "model": "RB1"}
    ]
