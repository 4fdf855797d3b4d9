"""Custom values by type."""

import pytest

from itsm.fields.enums import FieldType
from itsm.fields.rules.values import Definition, field_key, parsed, typed
from itsm.kernel.errors import Invalid

FIELDS = [
    Definition("note", "Note", FieldType.TEXT),
    Definition("size", "Size", FieldType.NUMBER),
    Definition("until", "Until", FieldType.DATE),
    Definition("colour", "Colour", FieldType.CHOICE, ("red", "blue")),
    Definition("leased", "Leased", FieldType.BOOLEAN),
]


def test_good_values_become_json_and_go_back_into_the_form() -> None:
    sent = {"note": " two  words ", "size": "12.5", "until": "2026-11-23", "colour": "red", "leased": "no"}
    values = parsed(FIELDS, {f"custom.{key}": value for key, value in sent.items()})
    assert values == {"note": "two words", "size": 12.5, "until": "2026-11-23", "colour": "red", "leased": False}
    assert [typed(field, values[field.key]) for field in FIELDS] == ["two words", "12.5", "2026-11-23", "red", "no"]
    assert parsed(FIELDS, {"custom.size": "", "custom.note": "  "}) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size", "many"),
        ("size", "1e999"),
        ("size", "9" * 40),
        ("until", "31.02.2026"),
        ("colour", "green"),
        ("leased", "perhaps"),
        ("note", "x" * 1001),
        ("unknown", "1"),
    ],
)
def test_bad_values_are_refused_at_their_field(key: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(FIELDS, {f"custom.{key}": value})
    assert list(refused.value.errors) == [f"custom.{key}"]


def test_a_required_field_must_be_filled_and_keys_are_plain() -> None:
    with pytest.raises(Invalid):
        parsed([Definition("a", "A", FieldType.TEXT, (), True)], {})
    assert field_key("Versicherungs-Nr. (ÄÖ)") == "versicherungs_nr_ao"
    with pytest.raises(Invalid):
        field_key("资产")
