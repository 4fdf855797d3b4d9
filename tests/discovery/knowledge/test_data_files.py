"""The knowledge base's files: every line is checked as it loads, and a folder of one's own comes first."""

import pytest

from itsm.discovery.knowledge import catalog, describe, public_facts
from itsm.discovery.knowledge.catalog import KnowledgeError
from itsm.discovery.wire import HostReport, Varbind


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("ITSM_KNOWLEDGE", str(tmp_path))
    catalog.forget()
    yield tmp_path
    monkeypatch.undo()
    catalog.forget()


def test_every_line_of_every_file_is_sound():
    catalog.forget()
    catalog.load_all()
    assert len(catalog.object_lines()) > 500
    assert len(catalog.descr_lines()) > 300
    assert catalog.brands()[9].name == "Cisco"
    assert catalog.brands()[8072].generic
    assert public_facts.holder(9) == "ciscoSystems"
    assert public_facts.registered_product("1.3.6.1.4.1.9.1.516")[0] == "catalyst37xxStack"
    assert any(entry.name == "mtxrSerialNumber" for entry in public_facts.mib_objects(14988))


def test_a_customer_adds_a_device_with_a_line(own):
    (own / "objects.tsv").write_text("99999\tserial\tE.99999.1.7.0\tSN=(\\w+)\t0.95\n")
    (own / "descriptions.tsv").write_text("99999\t^Widget (?P<model>\\w+)\tvendor=Widget Works\tkind=sensor\t0.95\n")
    device = describe(
        HostReport(
            "192.0.2.1",
            "2026-01-02T03:04:05+00:00",
            varbinds=(
                Varbind("1.3.6.1.2.1.1.1.0", "4", "Widget W200"),
                Varbind("1.3.6.1.2.1.1.2.0", "6", "1.3.6.1.4.1.99999.1"),
                Varbind("1.3.6.1.4.1.99999.1.7.0", "4", "SN=W200A5512"),
            ),
        )
    )
    assert (device.vendor, device.model, device.serial) == ("Widget Works", "W200", "W200A5512")
    assert device.kind.value == "sensor"


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("objects.tsv", "9\tcolour\tE.9.1.0\t-\t0.9", "not a field and an OID"),
        ("objects.tsv", "9\tserial\tnot-an-oid\t-\t0.9", "not a field and an OID"),
        ("objects.tsv", "nine\tserial\tE.9.1.0\t-\t0.9", "invalid literal"),
        ("descriptions.tsv", "9\t(unclosed", "unterminated"),
        ("descriptions.tsv", "9\t(?P<colour>x)", "unknown group"),
        ("descriptions.tsv", "9\tx\tcolour=red", "unknown field"),
        ("descriptions.tsv", "9\tx\tkind=spaceship", "not a valid DeviceKind"),
        ("products.tsv", "nothing\tmodel=x", "not an OID"),
        ("brands.tsv", "9\tCisco\tspaceship", "not a valid DeviceKind"),
        ("model_names.tsv", "9\t(unclosed\tx", "unterminated"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(own, name, line, fault):
    (own / name).write_text(f"# a remark\n{line}\n")
    with pytest.raises(KnowledgeError) as caught:
        catalog.load_all()
    assert f"{own / name}:2: " in str(caught.value)
    assert fault in str(caught.value)
