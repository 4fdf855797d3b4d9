"""The wire format: what comes out is what went in, and the content hash knows what only moves."""

from dataclasses import replace

import pytest

from itsm.discovery.wire import CommandOutput, HostReport, Stage, Varbind

REPORT = HostReport(
    address="10.0.0.1",
    taken_at="2026-11-23T12:00:00+00:00",
    stages=(Stage("snmp", "ok", milliseconds=12),),
    varbinds=(Varbind("1.3.6.1.2.1.1.5.0", "4", "sw-1"), Varbind("1.3.6.1.2.1.1.3.0", "67", "100")),
    outputs=(
        CommandOutput("cat /proc/uptime", "uptime", "1.00 2.00\n", status=0),
        CommandOutput("cat /proc/cpuinfo", "proc-cpuinfo", "model name\t: X\ncpu MHz\t\t: 801.1\n", status=0),
    ),
)


def test_a_report_comes_back_as_it_was():
    assert HostReport.from_json(REPORT.to_json()) == REPORT


def test_what_only_moves_makes_no_new_content():
    later = replace(
        REPORT,
        taken_at="2026-11-23T13:00:00+00:00",
        stages=(),
        varbinds=(REPORT.varbinds[0], Varbind("1.3.6.1.2.1.1.3.0", "67", "360100")),
        outputs=(
            replace(REPORT.outputs[0], stdout="3601.00 2.00\n"),
            replace(REPORT.outputs[1], stdout="model name\t: X\ncpu MHz\t\t: 3200.9\n"),
        ),
    )
    assert later.content_hash() == REPORT.content_hash()


@pytest.mark.parametrize(
    "changed",
    [
        replace(REPORT, varbinds=(Varbind("1.3.6.1.2.1.1.5.0", "4", "sw-2"),)),
        replace(REPORT, outputs=(replace(REPORT.outputs[1], stdout="model name\t: Y\n"),)),
        replace(REPORT, address="10.0.0.2"),
    ],
)
def test_what_stands_still_does(changed):
    assert changed.content_hash() != REPORT.content_hash()


@pytest.mark.parametrize(
    "data", [{}, {"wire": 99}, {"wire": 1}, [], {"wire": 1, "address": "x", "taken_at": "y", "stages": [{"a": 1}]}]
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(ValueError):
        HostReport.from_json(data)
