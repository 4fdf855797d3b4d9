"""Devices of makers nobody has seen: what their unnamed objects say by shape, and how that is measured."""

import pytest

from itsm.discovery.facts import Port
from itsm.discovery.knowledge import catalog, describe
from itsm.discovery.knowledge.catalog import Unknown, forgetting
from itsm.discovery.knowledge.commands import ports_with
from itsm.discovery.knowledge.plan import SAMPLE_ROWS, objects_for
from itsm.discovery.wire import HostReport, Varbind

MAKER = "1.3.6.1.4.1.99999998"


def report(*rows, descr="Controller"):
    first = (
        Varbind("1.3.6.1.2.1.1.1.0", "4", descr),
        Varbind("1.3.6.1.2.1.1.2.0", "6", f"{MAKER}.1"),
    )
    return HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=(*first, *(Varbind(*row) for row in rows)))


def test_a_group_of_unnamed_texts_tells_model_version_and_serial():
    device = describe(
        report(
            (f"{MAKER}.4.1.1.0", "4", "TX-4400B"),
            (f"{MAKER}.4.1.2.0", "4", "3.11.2"),
            (f"{MAKER}.4.1.3.0", "4", "16KZ46035608"),
            (f"{MAKER}.4.1.4.0", "4", "Upper rack"),
        )
    )
    assert (device.model, device.version, device.serial) == ("TX-4400B", "3.11.2", "16KZ46035608")


def test_the_rows_of_a_table_are_nobodys_identity():
    rows = [(f"{MAKER}.7.1.3.{n}", "4", f"PSU88{n}00417X") for n in range(1, 6)]
    device = describe(report(*rows))
    assert (device.model, device.serial) == (None, None)


@pytest.mark.parametrize("text", ["Outlet 7", "230.1", "20240131", "192.168.0.9", "0.35A", "Port 12345678"])
def test_a_lone_text_of_another_sort_stays_unsaid(text):
    device = describe(report((f"{MAKER}.7.1.0", "4", text)))
    assert (device.model, device.version, device.serial) == (None, None, None)


def test_two_texts_like_serial_numbers_confirm_nothing():
    device = describe(
        report((f"{MAKER}.7.1.0", "4", "16KZ46035608"), (f"{MAKER}.7.2.0", "4", "16KZ46035609")),
    )
    assert device.serial is None


def test_what_a_maker_calls_a_serial_number_may_be_short_or_a_mac():
    rows = (("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.42111.650"), ("1.3.6.1.4.1.42111.640.2.1.0", "4", "239"))
    found = describe(
        HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=tuple(Varbind(*row) for row in rows))
    )
    assert found.serial == "239"


def test_a_stranger_is_looked_around_and_a_maker_we_know_is_not():
    strange = objects_for(f"{MAKER}.3.1.2", "Controller", [99999998])
    assert strange.samples == ((f"{MAKER}.3.1.2", 60), (MAKER, SAMPLE_ROWS))
    assert objects_for("1.3.6.1.4.1.14988.1", "RouterOS", [14988]).samples == ()
    assert objects_for(f"{MAKER}.1..2.3", "Controller", [99999998]).samples == ((MAKER, SAMPLE_ROWS),)


def test_forgetting_a_maker_leaves_out_all_that_was_written_for_it():
    lines = len(catalog.object_lines())
    with forgetting(Unknown(frozenset({14988}), frozenset({"MikroTik"}))):
        assert 14988 not in catalog.brands()
        assert 8072 in catalog.brands()
        assert not any(14988 in line.scope or ".14988." in line.oid for line in catalog.object_lines())
        assert not any(line.constants.get("vendor") == "MikroTik" for line in catalog.descr_lines())
        assert 0 < len(catalog.object_lines()) < lines
    assert len(catalog.object_lines()) == lines
    assert catalog.brands()[14988].name == "MikroTik"


def test_a_port_known_by_its_short_name_is_the_same_port():
    told = {"interfaces": [{"name": "GigabitEthernet1/0/1", "description": "uplink"}, {"name": "Vlan99"}]}
    found = ports_with((Port("Gi1/0/1", index=9), Port("Gi1/0/10")), told)
    assert [(port.name, port.index, port.alias) for port in found] == [
        ("Gi1/0/1", 9, "uplink"),
        ("Gi1/0/10", None, None),
        ("Vlan99", None, None),
    ]


def test_lldp_tells_what_an_overwritten_description_hides():
    device = describe(
        report(("1.0.8802.1.1.2.1.3.4.0", "4", "Acme Xyz-2400 Switch, Version 4.2.17"), descr="core room 2")
    )
    assert device.version == "4.2.17"
