"""Same device or not."""

import pytest

from itsm.discovery.facts import Device, DeviceKind, Port
from itsm.discovery.rules.keys import is_placeholder_serial, is_shared_mac, is_shared_uuid, keys_of
from itsm.discovery.rules.matching import decide, weigh


def device(address="10.0.0.1", macs=(), **facts):
    ports = tuple(Port(name=f"p{n}", mac=mac) for n, mac in enumerate(macs))
    return Device(address=address, ports=ports, **{"kind": DeviceKind.SWITCH, "vendor": "Cisco", **facts})


def keys(**facts):
    one = device(**facts)
    return keys_of(one, one.address)


def outcome(seen, *known, continuous=False):
    decision = decide(weigh(n, seen, have, continuous=continuous) for n, have in enumerate(known, 1))
    return "undecided" if decision.undecided else decision.asset_id


@pytest.mark.parametrize(
    "serial", ["To be filled by O.E.M.", "0000000000", "123456789", "None", "N/A", "xxxxxxx", "Default string", "AAAA"]
)
def test_fillers_are_no_serials(serial):
    assert is_placeholder_serial(serial)


def test_real_serials_are_serials_and_the_model_is_not():
    assert not is_placeholder_serial("FOC1234X0AB")
    assert is_placeholder_serial("WS-C2960X", model="WS-C2960X")


@pytest.mark.parametrize(
    ("mac", "shared"),
    [
        ("00:00:5e:00:01:0a", True),
        ("00:00:0c:07:ac:01", True),
        ("02:42:ac:11:00:02", True),
        ("ff:ff:ff:ff:ff:ff", True),
        ("00:00:00:00:00:00", True),
        ("not a mac", True),
        ("3c:52:82:11:22:33", False),
    ],
)
def test_shared_macs(mac, shared):
    assert is_shared_mac(mac) is shared


def test_vendor_constants_are_no_uuids():
    assert is_shared_uuid("03000200-0400-0500-0006-000700080009")
    assert not is_shared_uuid("4c4c4544-0043-3510-8052-b4c04f4d3532")


A, B, C = "3c:52:82:00:00:01", "3c:52:82:00:00:02", "3c:52:82:00:00:03"


def test_one_serial_is_one_device_wherever_it_answers():
    assert outcome(keys(serial="FOC1", address="10.9.9.9"), keys(serial="FOC1")) is None  # too short to tell
    assert outcome(keys(serial="FOC1234X", address="10.9.9.9"), keys(serial="foc-1234x")) == 1


def test_a_serial_without_its_maker_still_matches():
    assert outcome(keys(serial="FOC1234X", vendor=None, address="10.9.9.9"), keys(serial="FOC1234X")) == 1


def test_a_server_and_its_management_controller_share_a_serial_and_are_two():
    controller = keys(serial="FOC1234X", kind=DeviceKind.MANAGEMENT_CONTROLLER, address="10.9.9.9")
    assert outcome(keys(serial="FOC1234X", kind=DeviceKind.SERVER), controller) is None


def test_two_serials_are_two_devices_whatever_else_agrees():
    seen = keys(serial="FOC1234X", name="core", macs=(A, B))
    assert outcome(seen, keys(serial="FOC9999Z", name="core", macs=(A, B))) is None


def test_two_burned_in_macs_match_and_one_is_for_a_person():
    assert outcome(keys(macs=(A, B), address="10.9.9.9"), keys(macs=(A, B, C))) == 1
    assert outcome(keys(macs=(A,), address="10.9.9.9"), keys(macs=(A, C))) == "undecided"


def test_a_name_and_an_address_are_for_a_person_unless_it_was_there_before():
    assert outcome(keys(name="core.example.org"), keys(name="CORE")) == "undecided"
    assert outcome(keys(name="core"), keys(name="core"), continuous=True) == 1


def test_an_address_alone_is_nothing():
    assert outcome(keys(name="new"), keys(name="old")) is None


def test_two_assets_with_one_serial_are_for_a_person():
    assert outcome(keys(serial="FOC1234X"), keys(serial="FOC1234X"), keys(serial="FOC1234X")) == "undecided"


def test_a_reinstalled_agent_is_the_same_device_by_its_serial():
    seen = keys(serial="FOC1234X", engine_id="80001f8880aabbccdd11223344")
    assert outcome(seen, keys(serial="FOC1234X", engine_id="80001f8880ffeeddcc55667788")) == 1
