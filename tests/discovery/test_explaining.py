"""``itsm discover explain``: every candidate of a stored report, and plain words for what is none."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from itsm.cli.explain import explain, is_id
from tests.discovery.services.test_intake import report


def run(*words):
    return CliRunner().invoke(explain, [*words])


def test_every_candidate_is_told_with_object_rule_confidence_and_verdict(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report(name="sw\x1b[2J-1").to_json()), encoding="utf-8")
    said = run("--report", str(path))
    lines = [line.split("\t") for line in said.output.splitlines()[1:]]
    assert (said.exit_code, {len(line) for line in lines}) == (0, {6})
    assert ["serial", "won"] in [line[:2] for line in lines]
    assert "\x1b" not in said.output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"wire": 1}', "[" * 5000])
def test_a_file_that_holds_no_report_is_one_sentence(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    said = run("--report", str(path))
    assert (said.exit_code, said.output.startswith("Error: "), said.output.count("\n")) == (1, True, 1)


def test_one_thing_at_a_time():
    assert [run().exit_code, run("10.0.0.1", "--report", __file__).exit_code] == [2, 2]
    assert [is_id(text) for text in ("17", "10.0.0.1", "::1", "١٧", "9" * 30)] == [True, False, False, False, False]
