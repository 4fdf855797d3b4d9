"""Command outputs joined with SNMP: the commands win for hosts, lists are joined."""

from itsm.discovery.facts import DeviceKind, Software
from itsm.discovery.knowledge import describe
from itsm.discovery.wire import CommandOutput, HostReport, Varbind

DMI_SYSTEM = """# dmidecode 3.3
Handle 0x0100, DMI type 1, 27 bytes
System Information
\tManufacturer: Acme Computers
\tProduct Name: Rackmate 900
\tVersion: Not Specified
\tSerial Number: RM900-77421
\tUUID: 7f3c2a10-5d4e-4b6f-9a8b-1c2d3e4f5a6b
"""
DMI_CHASSIS = """# dmidecode 3.3
Handle 0x0300, DMI type 3, 22 bytes
Chassis Information
\tManufacturer: Acme Computers
\tType: Rack Mount Chassis
"""
OS_RELEASE = 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n'
PACKAGES = "ii  acme-agent  1.4.2-1  amd64  Looks after things\n"


def report(*outputs, rows=()):
    return HostReport(
        "192.0.2.10",
        "2026-01-02T03:04:05+00:00",
        varbinds=tuple(Varbind(*row) for row in rows),
        outputs=tuple(CommandOutput("cmd", kind, text, status=0) for kind, text in outputs),
    )


def test_commands_beat_snmp_for_a_server():
    device = describe(
        report(
            ("dmidecode", DMI_SYSTEM + "\n" + DMI_CHASSIS),
            ("os-release", OS_RELEASE),
            rows=(
                ("1.3.6.1.2.1.1.1.0", "4", "Linux box 6.1.0-9 #1 SMP x86_64"),
                ("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.8072.3.2.10"),
                ("1.3.6.1.2.1.1.5.0", "4", "box"),
            ),
        )
    )
    assert (device.vendor, device.model, device.serial) == ("Acme Computers", "Rackmate 900", "RM900-77421")
    assert device.system_uuid == "7f3c2a10-5d4e-4b6f-9a8b-1c2d3e4f5a6b"
    assert device.kind is DeviceKind.SERVER
    assert device.os_name == "Debian GNU/Linux"
    assert device.name == "box"
    assert {e.field for e in device.why if e.object == "commands over SSH"} >= {"vendor", "model", "serial", "uuid"}


def test_a_placeholder_from_the_firmware_is_not_believed():
    text = DMI_SYSTEM.replace("RM900-77421", "To Be Filled By O.E.M.").replace(
        "7f3c2a10-5d4e-4b6f-9a8b-1c2d3e4f5a6b", "03000200-0400-0500-0006-000700080009"
    )
    device = describe(report(("dmidecode", text)))
    assert device.serial is None
    assert device.system_uuid is None
    assert device.model == "Rackmate 900"


def test_a_virtual_machine_is_told_by_its_hardware():
    text = DMI_SYSTEM.replace("Acme Computers", "QEMU").replace("Rackmate 900", "Standard PC (Q35 + ICH9, 2009)")
    assert describe(report(("dmidecode", text))).kind is DeviceKind.VIRTUAL_MACHINE


def test_a_failed_command_says_nothing():
    failed = CommandOutput("dmidecode", "dmidecode", DMI_SYSTEM, status=1)
    device = describe(HostReport("192.0.2.11", "2026-01-02T03:04:05+00:00", outputs=(failed,)))
    assert device.serial is None


def test_packages_come_from_commands_where_there_are_any():
    snmp = (("1.3.6.1.2.1.25.6.3.1.2.1", "4", "other_1.0_all"),)
    assert describe(report(rows=snmp)).software == (Software("other", "1.0"),)
    device = describe(report(("dpkg-l", PACKAGES), rows=snmp))
    assert device.software == (Software("acme-agent", "1.4.2-1"),)


def test_ports_of_the_same_name_stay_apart_and_commands_fill_them():
    rows = (
        ("1.3.6.1.2.1.2.2.1.2.1", "4", "eth0"),
        ("1.3.6.1.2.1.2.2.1.2.2", "4", "tap"),
        ("1.3.6.1.2.1.2.2.1.2.3", "4", "tap"),
        ("1.3.6.1.2.1.2.2.1.6.2", "4x", "001b21000002"),
        ("1.3.6.1.2.1.2.2.1.6.3", "4x", "001b21000003"),
    )
    link = "2: eth0: <BROADCAST,UP> mtu 1500 state UP\n    link/ether 00:1b:21:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
    ports = describe(report(("ip-addr", link), rows=rows)).ports
    assert [(p.name, p.mac) for p in ports] == [
        ("eth0", "00:1b:21:00:00:01"),
        ("tap", "00:1b:21:00:00:02"),
        ("tap", "00:1b:21:00:00:03"),
    ]
