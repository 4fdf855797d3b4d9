"""What strangers' texts are by their shape, and serial numbers that belong to a part, a modem or a queue of printers."""

import pytest

from itsm.discovery.knowledge import describe, explain
from itsm.discovery.knowledge.candidates import Candidate, choose
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.knowledge.products import product_name
from itsm.discovery.knowledge.public_facts import MibObject
from itsm.discovery.knowledge.scoring import SERIAL_OF_PART, names_the_whole, object_score
from itsm.discovery.knowledge.shapes import sorts_of
from itsm.discovery.knowledge.versions import BARE
from itsm.discovery.wire import HostReport, Varbind

MAKER = "1.3.6.1.4.1.99999998"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
PRINTER_ROW = (
    ("1.3.6.1.2.1.25.3.2.1.2.1", "6", "1.3.6.1.2.1.25.3.1.5"),
    ("1.3.6.1.2.1.25.3.2.1.3.1", "4", "Inkwell 9100 Document Writer"),
)


def report(*rows, descr="Controller", object_id=f"{MAKER}.1"):
    first = (Varbind("1.3.6.1.2.1.1.1.0", "4", descr), Varbind("1.3.6.1.2.1.1.2.0", "6", object_id))
    return HostReport("192.0.2.1", "2026-01-02T03:04:05+00:00", varbinds=(*first, *(Varbind(*row) for row in rows)))


@pytest.mark.parametrize(
    ("text", "sorts"),
    [
        ("QLNP28B1CR1XW", {"model": "QLNP28B1CR1XW"}),  # an order code: no three digits in a row
        ("16KZ46035608", {"serial": "16KZ46035608"}),
        ("ABQ-K-120345", {"serial": "ABQ-K-120345"}),
        ("QK2101-1901000029", {"serial": "QK2101-1901000029"}),
        ("TWX41-v1.252", {"model": "TWX41", "version": "1.252"}),
        ("490154203237518", {}),  # a modem's number
        ("1200RPM", {}),
        ("00FF7A", {}),
        ("3.60E-17", {}),
        ("60.1.254.6", {}),
        ("4663-10E4-4EE9-FD06", {}),
        ("OUTER_TEMPERATURE2", {}),
        ("PeerDesc1", {}),
        ("5GC8H3Z", {}),
        ("Seats left of all licences is 9/10", {}),
    ],
)
def test_shapes(text, sorts):
    assert sorts_of(text) == sorts


def test_single_values_without_their_instance_are_no_table():
    rows = ((f"{MAKER}.3.1.1", "4", "QKFSN-Z-123123"), (f"{MAKER}.3.1.2", "4", "1.9.0"))
    device = describe(report(*rows, (f"{MAKER}.3.1.3", "4", "Quux 3550")))
    assert (device.model, device.version, device.serial) == ("Quux 3550", "1.9.0", "QKFSN-Z-123123")


def test_a_part_among_other_words_is_still_a_part():
    card = MibObject("1.3.6.1.4.1.1.1", "serial", True, "systemNICSerialNumber")
    whole = MibObject("1.3.6.1.4.1.1.2", "serial", True, "systemSerialNumber")
    assert object_score(card) <= SERIAL_OF_PART < 0.6 < object_score(whole)
    assert names_the_whole(whole)
    assert not names_the_whole(MibObject("1.3.6.1.4.1.1.3", "serial", False, "quuxHwSerialNumber"))


def test_the_first_of_several_serial_numbers_needs_a_name_that_means_the_device():
    column = "1.3.6.1.4.1.207.8.4.4.3.21.1.1.8"  # rscBoardSerialNumber
    rows = [(f"{column}.{n}.1", "4", f"B1XQD50{n}P7") for n in (1, 2, 3)]
    assert describe(report(*rows, object_id="1.3.6.1.4.1.207.1.14.999"), makers_known=False).serial is None
    single = report(rows[0], object_id="1.3.6.1.4.1.207.1.14.999")
    assert describe(single, makers_known=False).serial == "B1XQD501P7"


def test_a_power_unit_that_stands_alone_is_not_the_device():
    rows = ((f"{ENTITY}.5.1", "2", "13"), (f"{ENTITY}.4.1", "2", "0"), (f"{ENTITY}.11.1", "4", "2024A831E"))
    assert describe(report(*rows)).serial is None


def test_a_serial_number_behind_the_version_in_a_makers_object():
    told = report(("1.3.6.1.4.1.2468.1.4.2.1.1.3.0", "4", "Quux v1.05 (SN 7713016920004)"), object_id=f"{MAKER}.1")
    found = [c for c in explain(told, makers_known=False) if c.field == "serial" and c.won]
    assert [c.value for c in found] == ["7713016920004"]
    assert "after the word for serial number" in found[0].rule


@pytest.mark.parametrize(
    ("descr", "serial"),
    [
        ("QUUX OP-1700B 10.72.0484 / 10.11.2023 7706379832100006", "7706379832100006"),
        ("QUUX OP-1700B 10.72.0484 20231110", None),
        ("Quux SNMP card 10.72.0484 7706379832100006", None),
        ("Quux Multi QL2400 fw 4.3.1 sn QL12345A", "QL12345A"),
    ],
)
def test_a_long_number_at_the_end_of_the_description(descr, serial):
    assert describe(report(descr=descr)).serial == serial


def test_what_the_devices_own_branch_calls_an_access_point_is_the_device():
    own = "1.3.6.1.4.1.6486.802.1.1.2.1.2.12"  # apSerial stands below it
    here = report((f"{own}.1.1.6", "4", "SQZ999000999"), object_id=own)
    assert [c.confidence >= 0.6 for c in explain(here, makers_known=False) if "apSerial" in c.rule] == [True]
    other = report((f"{own}.1.1.6", "4", "SQZ999000999"), object_id="1.3.6.1.4.1.6486.800.1")
    assert [c.confidence >= 0.6 for c in explain(other, makers_known=False) if "apSerial" in c.rule] == [False]


@pytest.mark.parametrize(
    ("name", "under", "model"),
    [
        ("jnxProductNameQMX", "jnxProductName", "QMX"),
        ("quuxModelIXReReg", "quuxRouters", "IXRe"),
        ("quuxSASModel7210SR6Reg", "quuxSASModel7210SR", "7210SR6"),
        ("fqvm", "fqModel", "fqvm"),
        ("quuxUCVirtualMachine", "quuxProducts", "quuxUCVirtualMachine"),
        ("quuxManagementCard", "quuxProducts", None),
        ("linux", "quuxAgentOIDs", None),
    ],
)
def test_what_a_register_calls_a_model_needs_no_number(name, under, model):
    assert product_name(name, under) == model


@pytest.mark.parametrize("object_id", ["1.3.6.1.4.1.311.1.1.3.1.2", "1.3.6.1.4.1.8072.3.2.10"])
def test_the_printers_of_a_computer_are_not_its_model(object_id):
    assert describe(report(*PRINTER_ROW, object_id=object_id)).model is None
    answering = (*PRINTER_ROW, ("1.3.6.1.2.1.43.5.1.1.17.1", "4", "VQ12345678"))
    assert describe(report(*answering, object_id=object_id)).model == "Inkwell 9100 Document Writer"
    assert describe(report(*PRINTER_ROW)).model == "Inkwell 9100 Document Writer"


def test_a_serial_number_names_no_model():
    rows = ((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.11.1", "4", "QX7702350A"), (f"{ENTITY}.13.1", "4", "QX7702350A"))
    device = describe(report(*rows))
    assert (device.serial, device.model) == ("QX7702350A", None)


@pytest.mark.parametrize(
    ("descr", "version"),
    [
        ("Quux XR Software (8000), Version 24.1.2 Copyright", "24.1.2"),
        ("Quux 1930 Switch, QuuxOn_1930_1.0.5.0 (139), Linux 4.4.120, U-Boot 2013.01 (V1.0.1.29)", "1.0.5.0"),
        ("10.40.1.39", None),
        ("Quux QX6036,QLNX-OS,SWv3.6.5000", "v3.6.5000"),
        ("Product QTC-4168 V1.1 Version hotfix/7.4.7 (r1540)", "hotfix/7.4.7"),
        ("Quux OS Version 1.24.0.1 (Q6700 V600R024C00SPC100)", "V600R024C00SPC100"),
        ("QUUX QSOS-V0700R0600", "V0700R0600"),
    ],
)
def test_versions_in_descriptions(descr, version):
    assert describe(report(descr=descr)).version == version


def test_a_version_inside_a_builds_name():
    assert [m["version"] for m in BARE.finditer("GP.ipq.v2.6.0-RC.4659")] == ["v2.6.0-RC.4659"]


def test_the_only_number_of_a_description_outweighs_the_chassis_revision():
    rows = ((f"{ENTITY}.5.1", "2", "3"), (f"{ENTITY}.10.1", "4", "1.2.0"))
    assert describe(report(*rows, descr="QuuxOS v1.8.0.4853089")).version == "v1.8.0.4853089"
    assert describe(report(*rows, descr="Quux NC-83, 14.11.06")).version == "1.2.0"


def test_the_first_application_tells_the_version_where_nothing_surer_does():
    rows = (("1.3.6.1.2.1.54.1.1.1.1.4.1", "4", "11.5.4.50000-6"),)
    assert describe(report(*rows)).version == "11.5.4.50000-6"
    assert describe(report(*rows, descr="Quux Software Version 9.1.2")).version == "9.1.2"
    assert "1.3.6.1.2.1.54.1.1.1.1.4.1" in objects_for(None, None).scalars


def test_a_hardware_revision_that_names_its_product():
    assert describe(report(("1.3.6.1.2.1.16.19.3.0", "4", "QL-SG2008 1.0"))).model == "QL-SG2008 1.0"
    assert describe(report(("1.3.6.1.2.1.16.19.3.0", "4", "B1"))).model is None


def test_a_name_built_as_codes_are_needs_no_number():
    assert describe(report(descr="QSW-Flex 5.76.7.13442")).model == "QSW-Flex"
    assert describe(report(descr="Flexible Thing 5.76.7.13442")).model is None


@pytest.mark.parametrize(
    ("descr", "model"),
    [
        ("QSOS software, Q5800 software (Q5800 8TF12S), Version 5.3.7", "Q5800 8TF12S"),
        ("QNETPOE-4GP2GF : Switch 2 ports 1000BASE-X / 4 ports 1000BASE-T PoE", "QNETPOE-4GP2GF"),
        ("QFD 770128673", None),
        ("hq40_277_256qam Omni: 1.02.02", "hq40_277_256qam Omni"),
        ("Quux QX611dhe version QH6.GM.Q634 kernel 2.6.28.10.1", "Quux QX611dhe"),
        ("QuuxLightGM152GT : QMIOS, Version 1.12.00", "QuuxLightGM152GT"),
        ("Quux Scalar q40 Rev 120G.GS00401", "Quux Scalar q40"),
        ("Quuxstore CS300 running software version 3.6.0.0", "Quuxstore CS300"),
    ],
)
def test_models_in_descriptions(descr, model):
    assert describe(report(descr=descr)).model == model


def test_a_mode_written_with_underscores_gives_way_to_an_order_code():
    rows = ((f"{MAKER}.2.1.2.0", "4", "QLHP28B1CR1"), (f"{MAKER}.2.1.3.0", "4", "1.04.08"))
    assert describe(report(*rows, descr="hq50_364_256qam Omni:  1.04.08")).model == "QLHP28B1CR1"


def test_the_fuller_of_two_codes_wins_where_neither_is_sure():
    def winner(sure):
        short = Candidate("model", "Q5720 Switch", "1.1", "description", sure)
        code = Candidate("model", "Q5720", "1.2", "code", 0.5)
        full = Candidate("model", "Q5720-56C-PWR", "1.3", "register", sure - 0.03)
        return next(c.value for c in choose([short, code, full], 0.5) if c.won)

    assert winner(0.6) == "Q5720-56C-PWR"
    assert winner(0.8) == "Q5720 Switch"


def test_a_drawing_number_gives_way_to_the_description_and_a_long_one_is_cut():
    chassis = (f"{ENTITY}.5.1", "2", "3")
    part = (f"{ENTITY}.13.1", "4", "QP1ZZ5654001A")
    assert (
        describe(report(chassis, part, (f"{ENTITY}.2.1", "4", "Quux 4610-54P"))).model
        == "Quux 4610-54P (QP1ZZ5654001A)"
    )
    tale = "Quuxserver 40x10GE/4x100GE, " + "2x200G Coherent Optical Processors " * 3
    assert describe(report(chassis, part, (f"{ENTITY}.2.1", "4", tale))).model.startswith("Quuxserver 40x10GE/4x100GE")


def test_a_generic_driver_is_a_printers_last_name():
    rows = (PRINTER_ROW[0], (PRINTER_ROW[1][0], "4", "Generic 28C-1"), ("1.3.6.1.2.1.43.5.1.1.17.1", "4", "VQ12345678"))
    assert describe(report(*rows, descr="QUUX quzhub C3110")).model == "QUUX quzhub C3110"


@pytest.mark.parametrize(
    ("rows", "version"),
    [
        (("TWX2XX_R_00.01.07.1",), "TWX2XX_R_00.01.07.1"),
        (("1.0.63.1", "1.0.63.3"), "1.0.63.1"),
        (("1.0.63.1", "4.2.10.3"), None),
        (("V5.6R10F00SP10",), "V5.6R10F00SP10"),
    ],
)
def test_versions_that_stand_alone(rows, version):
    told = report(*((f"{MAKER}.2.{n}.0", "4", text) for n, text in enumerate(rows, 1)))
    assert describe(told).version == version


def test_a_kernels_build_may_stand_before_its_version():
    rows = (("1.3.6.1.4.1.2620.1.6.4.1.0", "4", "R75.40"),)
    told = report(*rows, descr="Linux gw #1 2.6.18-92cp SMP Thu Apr 12 03:28:54 IDT 2012 i686")
    assert describe(told, makers_known=False).version == "R75.40"


def test_a_real_time_kernel_is_not_the_product():
    assert describe(report((f"{MAKER}.2.1.0", "4", "1.46.2"), descr="Qx800 OSEDelta 4.6")).version == "1.46.2"


def test_hw_beside_software_is_a_makers_prefix():
    soft = MibObject("1.3.6.1.4.1.1.1", "version", True, "hwQuuxSoftwareVersion")
    hard = MibObject("1.3.6.1.4.1.1.2", "version", True, "hwQuuxVersion")
    assert object_score(hard) < 0.5 < object_score(soft)
