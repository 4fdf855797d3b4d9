"""Who and what a device is, from values made up here: general rules, evidence, and what is not believed."""

import time

import pytest

from itsm.discovery.facts import DeviceKind
from itsm.discovery.knowledge import describe, explain
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.wire import HostReport, Varbind

DESCR, OBJECT_ID, NAME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.5.0"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"


def report(*rows, descr=None, object_id=None):
    system = [(DESCR, "4", descr)] if descr else []
    system += [(OBJECT_ID, "6", object_id)] if object_id else []
    return HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=tuple(Varbind(*r) for r in (*system, *rows)))


@pytest.mark.parametrize(
    ("descr", "model", "version", "serial"),
    [
        ("Model: QX-2400, Software Version: 3.14.2, S/N: QX24-0077123", "QX-2400", "3.14.2", "QX24-0077123"),
        ("Frobnicator FB-16 v2.7.1", "Frobnicator FB-16", "v2.7.1", None),
        ("GX-9000 (10.4.1.7)", "GX-9000", "10.4.1.7", None),
        ("QuuxOS 7.2.1 running on a Quux 8800-T", "Quux 8800-T", "7.2.1", None),
        ("HW:3 FW:1.0.2 SW:v9.8.7", None, "v9.8.7", None),
        ("Bootloader 1.2.3, Hardware version 4.5.6", None, None, None),
        ("Just a box", None, None, None),
    ],
)
def test_general_rules_read_structure_without_knowing_the_maker(descr, model, version, serial):
    device = describe(report(descr=descr, object_id="1.3.6.1.4.1.99999999.1"), makers_known=False)
    assert (device.version, device.serial) == (version, serial)
    assert model is None or (device.model is not None and model in device.model)
    assert model is not None or device.model is None or device.model not in descr.split()


def test_the_chassis_wins_over_its_modules():
    device = describe(
        report(
            (f"{ENTITY}.5.7", "2", "9"),
            (f"{ENTITY}.11.7", "4", "MOD0000001"),
            (f"{ENTITY}.5.2", "2", "3"),
            (f"{ENTITY}.11.2", "4", "CHS0000042"),
            (f"{ENTITY}.13.2", "4", "ZX-48P"),
            (f"{ENTITY}.10.2", "4", "5.5.1"),
            (f"{ENTITY}.12.2", "4", "Zed Networks"),
            descr="ZX switch",
        )
    )
    assert (device.serial, device.model, device.version) == ("CHS0000042", "ZX-48P", "5.5.1")
    assert {c.serial for c in device.components} == {"MOD0000001", "CHS0000042"}
    serial = next(e for e in device.why if e.field == "serial")
    assert (serial.object, serial.rule) == (f"{ENTITY}.11.2", "ENTITY-MIB chassis")
    assert 0.7 <= serial.confidence <= 1


def test_a_part_number_is_written_behind_the_name_people_use():
    device = describe(
        report(
            (f"{ENTITY}.5.1", "2", "3"),
            (f"{ENTITY}.2.1", "4", "Mesh Router 5"),
            (f"{ENTITY}.13.1", "4", "186-2003-901"),
        )
    )
    assert device.model == "Mesh Router 5 (186-2003-901)"


@pytest.mark.parametrize(
    "serial",
    [
        "N/A",
        "0000000000",
        "To be filled by O.E.M.",
        "00:11:22:33:44:55",
        "192.0.2.7",
        "2024-01-31",
        "FFFFFFFF",
        "ABCDEF",
    ],
)
def test_what_cannot_be_a_serial_number_stays_unsaid(serial):
    rows = ((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.11.1", "4", serial))
    assert describe(report(*rows)).serial is None
    reasons = [c.rejected for c in explain(report(*rows)) if c.field == "serial"]
    assert reasons and all(reasons)


def test_an_error_message_in_place_of_a_value_is_not_a_model():
    device = describe(report((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.13.1", "4", "No such file or directory")))
    assert device.model is None


def test_a_maker_behind_net_snmp_is_found_by_its_own_objects():
    device = describe(
        report(
            ("1.3.6.1.4.1.6574.1.5.1.0", "4", "DS1522"),
            ("1.3.6.1.4.1.6574.1.5.2.0", "4", "2150XYZ000111"),
            ("1.3.6.1.4.1.6574.1.5.3.0", "4", "DSM 7.2-64570"),
            descr="Linux nas 4.4.302+ #64570 SMP x86_64",
            object_id="1.3.6.1.4.1.8072.3.2.10",
        )
    )
    assert (device.vendor, device.model, device.serial) == ("Synology", "DS1522", "2150XYZ000111")
    assert (device.version, device.kind) == ("DSM 7.2-64570", DeviceKind.NAS)
    assert (device.os_name, device.os_version) == ("Linux", "4.4.302+")


def test_a_printer_tells_by_its_standard_mib():
    device = describe(
        report(
            ("1.3.6.1.2.1.43.5.1.1.17.1", "4", "VNB3K00112"),
            ("1.3.6.1.2.1.25.3.2.1.2.1", "6", "1.3.6.1.2.1.25.3.1.5"),
            ("1.3.6.1.2.1.25.3.2.1.3.1", "4", "Inkwell 500 MFP"),
        )
    )
    assert (device.kind, device.model, device.serial) == (DeviceKind.PRINTER, "Inkwell 500 MFP", "VNB3K00112")


def test_a_ups_tells_by_its_standard_mib():
    base = "1.3.6.1.2.1.33.1.1"
    device = describe(
        report((f"{base}.1.0", "4", "Voltkeeper"), (f"{base}.2.0", "4", "VK 1500"), (f"{base}.3.0", "4", "2.31"))
    )
    assert (device.kind, device.vendor, device.model) == (DeviceKind.UPS, "Voltkeeper", "VK 1500")
    assert device.version == "2.31"


def test_an_unknown_maker_is_named_by_its_enterprise_number():
    device = describe(report(descr="FM receiver", object_id="1.3.6.1.4.1.42111.650"))
    assert device.vendor == "Inovonics"


def test_explain_lists_every_candidate_and_marks_the_winner():
    found = explain(report(descr="Frobnicator FB-16 v2.7.1", object_id="1.3.6.1.4.1.42111.1"))
    winners = {c.field: c.value for c in found if c.won}
    assert winners["model"] == "Frobnicator FB-16"
    assert winners["version"] == "v2.7.1"
    assert winners["vendor"] == "Inovonics"
    assert any(c.field == "model" and not c.won for c in found)
    assert all(0 <= c.confidence <= 1 for c in found)


def test_windows_is_named_as_people_name_it():
    device = describe(
        report(
            descr="Hardware: Intel64 Family 6 - Software: Windows Version 6.3 (Build 17763 Multiprocessor Free)",
            object_id="1.3.6.1.4.1.311.1.1.3.1.2",
        )
    )
    assert (device.vendor, device.version) == ("Microsoft", "Server 2019 (NT 6.3)")
    assert (device.os_name, device.os_version, device.kind) == ("Windows Server", "2019", DeviceKind.SERVER)


def test_the_base_mac_is_burned_in_and_not_shared():
    rows = (
        ("1.3.6.1.2.1.2.2.1.6.1", "4x", "00005e00010a"),
        ("1.3.6.1.2.1.2.2.1.6.2", "4x", "020000000001"),
        ("1.3.6.1.2.1.2.2.1.6.3", "4x", "001b21aabbcc"),
    )
    assert describe(report(*rows)).base_mac == "00:1b:21:aa:bb:cc"


def test_hostile_text_is_bounded_and_harmless():
    long = "A1 v1." * 20_000
    device = describe(report((f"{ENTITY}.11.1", "4", long), (f"{ENTITY}.2.1", "4", "\x1b[2J" + long), descr=long))
    assert device.serial is None
    assert device.model is None or len(device.model) <= 100


@pytest.mark.parametrize(
    "text", ["-" * 4000, "1_" * 2000, "1." * 2000, "A-1/" * 1000, "version " * 500, "a_1" * 1300 + "!", ", " * 2000]
)
def test_no_pattern_takes_long_over_hostile_text(text):
    rows = [(f"{ENTITY}.{column}.1", "4", text) for column in (2, 7, 9, 10, 11, 12, 13)]
    hostile = report(*rows, descr=text, object_id="1.3.6.1.4.1.9.1")
    describe(hostile)
    began = time.process_time()
    describe(hostile)
    assert time.process_time() - began < 0.5


def test_a_scalar_without_its_instance_is_asked_for_and_read():
    sys_object_id, bare = "1.3.6.1.4.1.34861.1", "1.3.6.1.4.1.34861.1.1"
    plan = objects_for(sys_object_id, "Mesh node", (34861,))
    assert {bare, f"{bare}.0"} <= set(plan.scalars)
    device = describe(report((bare, "4", "ME4-2450R-77123"), descr="Mesh node", object_id=sys_object_id))
    assert device.serial == "ME4-2450R-77123"


@pytest.mark.parametrize(
    ("mac", "vendor"), [("b827eb00aa01", "Raspberry Pi Foundation"), ("001b21aabbcc", None), ("005056010203", None)]
)
def test_the_block_of_the_mac_is_the_last_resort_and_chips_say_nothing(mac, vendor):
    rows = (("1.3.6.1.2.1.2.2.1.6.2", "4x", mac),)
    assert describe(report(*rows, descr="Linux pi 6.1.21 #1", object_id="1.3.6.1.4.1.8072.3.2.10")).vendor == vendor
