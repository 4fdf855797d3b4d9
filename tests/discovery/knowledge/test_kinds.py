"""What sort of thing an unknown maker's device is: by the maker's words, and by what runs on it."""

import pytest

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge import describe
from itsm.discovery.wire import HostReport, Varbind

SYSTEM = "1.3.6.1.2.1.1"
UNKNOWN_MAKER = "1.3.6.1.4.1.99999998.1"
NET_SNMP_LINUX = "1.3.6.1.4.1.8072.3.2.10"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"


def kind(descr: str, *rows: tuple[str, str, str], object_id: str = UNKNOWN_MAKER) -> str:
    first = (Varbind(f"{SYSTEM}.1.0", "4", descr), Varbind(f"{SYSTEM}.2.0", "6", object_id))
    more = tuple(Varbind(*row) for row in rows)
    return describe(HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=(*first, *more))).kind.value


@pytest.mark.parametrize(
    ("descr", "expected"),
    [
        ("Tessel Smart-UPS 3000, firmware 2.1", DeviceKind.UPS),
        ("Tessel Rack PDU 16A", DeviceKind.PDU),
        ("Tessel Cold Room Temperature Station", DeviceKind.SENSOR),
        ("Tessel Network Camera TC-20", DeviceKind.CAMERA),
        ("Tessel NGFW 4.2", DeviceKind.FIREWALL),
        ("Tessel wireless access point", DeviceKind.ACCESS_POINT),
        ("Tessel 24-port Managed Switch", DeviceKind.SWITCH),
        ("Tessel upshot and switchboard suite", DeviceKind.APPLIANCE),
    ],
)
def test_the_makers_words_name_the_kind_and_parts_of_words_do_not(descr: str, expected: DeviceKind) -> None:
    assert kind(descr) == expected


def test_the_name_of_the_chassis_counts_and_the_owners_words_do_not() -> None:
    chassis = ((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.2.1", "4", "Rack PDU"))
    assert kind("TX-16", *chassis) == DeviceKind.PDU
    assert (
        kind("TX-16", (f"{SYSTEM}.5.0", "4", "printer-2"), (f"{SYSTEM}.6.0", "4", "UPS room")) == DeviceKind.APPLIANCE
    )


@pytest.mark.parametrize(
    ("descr", "object_id", "expected"),
    [
        ("Linux web1 6.1.0-18-amd64 #1 SMP x86_64", NET_SNMP_LINUX, DeviceKind.SERVER),
        ("Linux web1 6.1.0-18-arm64 #1 SMP aarch64", NET_SNMP_LINUX, DeviceKind.SERVER),
        ("Linux box 2.6.28 #187 Tue Sep 13 10:11:35 CST 2022 mips", NET_SNMP_LINUX, DeviceKind.APPLIANCE),
        ("Linux box 5.4.0-105-generic #1 SMP x86_64", UNKNOWN_MAKER, DeviceKind.APPLIANCE),
    ],
)
def test_a_kernel_is_a_server_unless_a_maker_built_something_on_it(descr: str, object_id: str, expected: str) -> None:
    assert kind(descr, object_id=object_id) == expected
