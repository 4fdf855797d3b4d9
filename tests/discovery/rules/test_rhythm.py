"""Rhythms: what is written is read back as it was, and what nobody here would write stays somebody's own."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from cronsim import CronSim

from itsm.discovery.rules.rhythm import MONTH_DAYS, STEPS, Beat, Rhythm, rhythm_of, written

WRITTEN = [
    (Rhythm(beat=Beat.HOURLY), "0 * * * *"),
    (Rhythm(beat=Beat.HOURLY, every=4, minute=20), "20 */4 * * *"),
    (Rhythm(beat=Beat.DAILY, at="02:30"), "30 2 * * *"),
    (Rhythm(beat=Beat.WEEKDAYS, at="18:05"), "5 18 * * 1-5"),
    (Rhythm(beat=Beat.WEEKLY, at="00:00", days=(0, 3, 6)), "0 0 * * 0,1,4"),
    (Rhythm(beat=Beat.WEEKLY, at="00:00", days=(6,)), "0 0 * * 0"),
    (Rhythm(beat=Beat.MONTHLY, at="23:59", day="28"), "59 23 28 * *"),
    (Rhythm(beat=Beat.MONTHLY, at="23:59", day="L"), "59 23 L * *"),
    (Rhythm(beat=Beat.OWN, line="0 8-18/2 * * 1-5"), "0 8-18/2 * * 1-5"),
]


@pytest.mark.parametrize(("rhythm", "line"), WRITTEN)
def test_what_is_written_is_read_back(rhythm, line):
    assert written(rhythm) == line
    assert rhythm_of(line) == rhythm


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("05 2 * * MON-FRI", Rhythm(beat=Beat.WEEKDAYS, at="02:05")),
        ("0 2 * * sat,sun", Rhythm(beat=Beat.WEEKLY, at="02:00", days=(5, 6))),
        ("0 2 * * 5-7", Rhythm(beat=Beat.WEEKLY, at="02:00", days=(4, 5, 6))),
        ("0 2 * * 0-6", Rhythm(beat=Beat.DAILY, at="02:00")),
        ("0 */1 * * *", Rhythm(beat=Beat.HOURLY)),
        ("0 2 01 * *", Rhythm(beat=Beat.MONTHLY, at="02:00", day="1")),
        ("0 2 l * *", Rhythm(beat=Beat.MONTHLY, at="02:00", day="L")),
    ],
)
def test_other_spellings_are_understood(line, expected):
    assert rhythm_of(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "never",
        "*/5 * * * *",
        "0 */5 * * *",  # no day is made of fives: it comes early after midnight
        "0 2 31 * *",
        "0 2 0 * *",
        "0 2 1 1 *",
        "0 2 1 * 1",
        "0 25 * * *",
        "61 2 * * *",
        "0 2 * * 1#2",
        "0 2 * * 5L",
        "0 2 * * 5-1",
        "0 2 * * 1-3-5",
        "0 2 * * 8",
        "0 0 2 * * *",
        "² 2 * * *",
    ],
)
def test_all_else_is_an_own_expression(line):
    assert rhythm_of(line) == Rhythm(beat=Beat.OWN, line=line)


def test_every_rhythm_offered_comes_when_it_says():
    monday = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    for step in STEPS:
        hours = [one.hour for one in islice(CronSim(written(Rhythm(beat=Beat.HOURLY, every=step)), monday), 24 // step)]
        assert sorted(hours) == list(range(0, 24, step))
    for day in MONTH_DAYS:
        found = list(islice(CronSim(written(Rhythm(beat=Beat.MONTHLY, day=day)), monday), 12))
        assert len({(one.year, one.month) for one in found}) == 12
    for day in range(7):
        assert next(CronSim(written(Rhythm(beat=Beat.WEEKLY, days=(day,))), monday)).weekday() == day
