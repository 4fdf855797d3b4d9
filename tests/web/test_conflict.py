"""Edits of different fields merge, edits of the same field are a conflict, and nothing typed is lost."""

import json

import pytest

from itsm.kernel.errors import Conflict, Invalid
from itsm.web.conflict import base_of, kept, read_base, settle, sides, version_of

BASE = {"name": "lap", "serial": "S1", "notes": "a\nb", "owner": ""}
LABELS = {"serial": "Serial number"}


def saved(yours, theirs, version=2, sent_version="1"):
    sent = {"version": sent_version, "base": base_of(BASE)}
    return settle(yours, theirs, sent=sent, version=version, labels=LABELS)


def test_on_the_same_version_what_was_typed_is_taken_as_it_is() -> None:
    yours = {**BASE, "name": " lap-2 "}
    assert saved(yours, BASE, version=1) == yours


def test_what_i_left_alone_follows_the_other_and_line_ends_make_no_difference() -> None:
    yours = {**BASE, "name": "lap-2", "notes": "a\r\nb"}
    theirs = {**BASE, "serial": "S2", "notes": "a\nb\nc", "owner": None}
    assert saved(yours, theirs) == {"name": "lap-2", "serial": "S2", "notes": "a\nb\nc", "owner": ""}


def test_the_same_field_changed_alike_is_no_conflict_and_changed_differently_is_one() -> None:
    assert saved({**BASE, "serial": "S2"}, {**BASE, "serial": "S2"})["serial"] == "S2"
    yours, theirs = {**BASE, "serial": "S3", "name": "mine"}, {**BASE, "serial": "S2", "owner": "7"}
    with pytest.raises(Conflict) as raised:
        saved(yours, theirs)
    clash = raised.value
    assert clash.version == 2
    shown = sides(clash, lambda _name, value: f"<{value}>")
    assert shown == [
        {
            "name": "serial",
            "label": "Serial number",
            "yours": "S3",
            "theirs": "S2",
            "yours_label": "<S3>",
            "theirs_label": "<S2>",
        }
    ]
    again = kept(clash, yours, theirs, {"version": "1", "base": base_of(BASE)})
    assert json.loads(again.pop("base")) == {name: str(value) for name, value in theirs.items()}
    assert again == {"name": "mine", "notes": "a\nb", "owner": "7"}


@pytest.mark.parametrize("sent", ["", "{", "[]", "1", "[" * 100_000, "x" * 300_000])
def test_without_a_base_every_difference_is_asked_about(sent: str) -> None:
    assert read_base(sent) == {}
    with pytest.raises(Conflict) as raised:
        settle({"a": "1"}, {"a": "2"}, sent={"version": "1", "base": sent}, version=2, labels={})
    assert [field.name for field in raised.value.fields] == ["a"]


@pytest.mark.parametrize("text", ["", "x", "-1", "9" * 20, "１"])
def test_a_form_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        version_of({"version": text})
