"""What looks like an answer and is none: ports, files, host names, cards and parts; and how names are printed."""

import pytest

from itsm.discovery.knowledge import catalog, describe
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.knowledge.plausible import objection
from itsm.discovery.knowledge.products import as_printed, product_name
from itsm.discovery.wire import HostReport, Varbind

ENTITY = "1.3.6.1.2.1.47.1.1.1.1"


def seen(number, *rows, descr="Controller", branch="1"):
    first = (("1.3.6.1.2.1.1.1.0", "4", descr), ("1.3.6.1.2.1.1.2.0", "6", f"1.3.6.1.4.1.{number}.{branch}"))
    return describe(
        HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=tuple(Varbind(*row) for row in (*first, *rows)))
    )


@pytest.mark.parametrize(
    "text", ["8-Port Gigabit Smart Switch", "24 ports PoE", "W2_Firmware_v05_29", "W2.(null)", "w2.plant.lan"]
)
def test_what_a_thing_has_or_runs_is_not_its_model(text):
    assert objection("model", text) is not None


@pytest.mark.parametrize("text", ["EdgeSwitch 24-Port 250W", "TX-4400B", "8360-32Y4C", "Smart-UPS 1500"])
def test_a_name_on_a_box_stays_one(text):
    assert objection("model", text) is None


def test_a_node_named_by_a_scheme_in_place_of_the_description_is_no_model():
    assert seen(99999998, descr="XX-CITY-DMN-OFF-OP-AP02").model is None


def test_the_number_of_a_card_is_not_that_of_the_device_behind_it():
    device = seen(99999998, descr="Acme Web/SNMP Management Card (MN:AC9631 SN: ZA1815031283)")
    assert (device.model, device.serial) == (None, None)
    assert seen(99999998, descr="Acme Gateway (MN:AC9631 SN: ZA1815031283)").serial == "ZA1815031283"


@pytest.mark.parametrize(("kind", "serial"), [("6", None), ("9", "AB12345678")])
def test_a_lone_power_supply_lends_the_device_no_number(kind, serial):
    device = seen(
        99999998,
        (f"{ENTITY}.2.7", "4", "part"),
        (f"{ENTITY}.4.7", "2", "1"),
        (f"{ENTITY}.5.7", "2", kind),
        (f"{ENTITY}.11.7", "4", "AB12345678"),
    )
    assert device.serial == serial


def test_a_documented_object_is_read_and_a_denied_one_is_neither_read_nor_asked():
    rows = (
        ("1.3.6.1.4.1.3699.1.1.12.1.100.2.0", "4", "E-16D"),
        ("1.3.6.1.4.1.3699.1.1.12.1.100.3.0", "4", "NT0012345"),
    )
    device = seen(3699, *rows)
    assert (device.model, device.serial) == ("E-16D", "NT0012345")
    esn = "1.3.6.1.4.1.30140.6.5"
    assert ("serial", esn) in catalog.denied_objects()
    assert not any(line.oid.startswith(esn + ".") for line in catalog.object_lines())
    assert seen(30140, (f"{esn}.0", "4", "353648021234567")).serial is None
    assert f"{esn}.0" not in objects_for("1.3.6.1.4.1.30140.1", "Router", [30140]).scalars


def test_a_line_from_a_document_does_not_end_the_look_around():
    assert any(line.proven for line in catalog.object_lines())
    assert objects_for("1.3.6.1.4.1.3699.1", "Environment monitor", [3699]).samples


def test_registered_names_lose_what_nobody_prints():
    assert product_name("tmnxModelXyz7Reg", "someRouters") == "Xyz7"
    assert product_name("acmeR610", "acmeWirelessProducts") == "R610"
    assert product_name("acme610", "acmeWirelessProducts") == "acme610"
    assert product_name("xr4426Array", "products") == "xr4426"


def test_a_registered_name_is_written_as_the_description_prints_it():
    assert as_printed("a2h12324", "Maker A2H123-24 Rev 03") == "A2H123-24"
    assert as_printed("a2h12324", "Maker A2H123-24P Rev 03") == "a2h12324"
    assert as_printed("x1", "X-1") == "x1"


def test_what_a_maker_calls_the_model_is_neither_turned_down_by_a_doubtful_number_nor_becomes_one():
    entity = ((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.13.1", "4", "TX4400B"), (f"{ENTITY}.11.1", "4", "A1B2C3D4E5"))
    doubtful = ("1.3.6.1.4.1.35265.4.20.0", "4", "TX4400B")
    assert seen(35265, *entity, doubtful).model == "TX4400B"
    code = seen(48690, ("1.3.6.1.4.1.48690.1.3.0", "4", "TRB14500XXXX"), branch="9")
    assert (code.model, code.serial) == ("TRB145", None)


def test_a_model_ends_before_its_ports_and_a_version_before_its_day():
    device = seen(99999998, descr="TX-4424 AC 28-port 1G/10G Managed Switch")
    assert device.model == "TX-4424 AC"
    assert seen(890, ("1.3.6.1.4.1.890.1.15.3.1.6.0", "4", "V4.80(ABQF.3) | 10/06/2023")).version == "V4.80(ABQF.3)"
