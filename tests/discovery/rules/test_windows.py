"""Windows of the week: over midnight, and on the two days on which the clock is changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from itsm.discovery.rules.windows import is_open, is_time, next_opening

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = [{"days": [0, 1, 2, 3, 4], "from": "19:00", "to": "06:00"}]
EARLY_SUNDAY = [{"days": [6], "from": "02:15", "to": "02:45"}]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 18:59", False),  # Monday evening
        ("2026-11-23 19:00", True),
        ("2026-11-24 05:59", True),
        ("2026-11-24 06:00", False),
        ("2026-11-28 03:00", True),  # Saturday belongs to Friday's night
        ("2026-11-28 20:00", False),
        ("2026-11-30 03:00", False),  # Sunday has no night
    ],
)
def test_a_night_belongs_to_the_day_it_begins_on(moment, expected):
    assert is_open(NIGHTS, BERLIN, local(moment)) is expected
    assert is_open([], BERLIN, local(moment))


def test_the_zone_counts_not_the_servers_clock():
    assert [is_open(NIGHTS, BERLIN, utc(f"2026-11-23 {hour}")) for hour in ("17:59", "18:00")] == [False, True]
    assert [is_open(NIGHTS, BERLIN, utc(f"2026-07-20 {hour}")) for hour in ("16:59", "17:00")] == [False, True]


def test_equal_times_are_a_whole_day():
    saturday = [{"days": [5], "from": "08:00", "to": "08:00"}]
    moments = ("2026-11-28 07:59", "2026-11-28 08:00", "2026-11-29 07:59", "2026-11-29 08:00")
    assert [is_open(saturday, BERLIN, local(moment)) for moment in moments] == [False, True, True, False]


def test_the_next_opening_is_now_or_the_next_window():
    assert next_opening(NIGHTS, BERLIN, utc("2026-11-23 20:00:30")) == utc("2026-11-23 20:00:30")
    assert next_opening(NIGHTS, BERLIN, utc("2026-11-23 12:00:30")) == utc("2026-11-23 18:00")
    assert next_opening(NIGHTS, BERLIN, utc("2026-11-28 12:00")) == utc("2026-11-30 18:00")
    assert next_opening([{"days": [], "from": "01:00", "to": "02:00"}], BERLIN, utc("2026-11-28 12:00")) is None


def test_a_window_in_the_hour_that_does_not_exist_waits_for_the_next_week():
    # On 2026-03-29 the clock goes from 02:00 to 03:00.
    assert next_opening(EARLY_SUNDAY, BERLIN, utc("2026-03-29 00:00")) == utc("2026-04-05 00:15")
    longer = [{"days": [6], "from": "02:15", "to": "04:00"}]
    assert next_opening(longer, BERLIN, utc("2026-03-29 00:00")) == utc("2026-03-29 01:00")


def test_a_window_in_the_hour_that_comes_twice_opens_twice():
    # On 2026-10-25 the clock goes from 03:00 back to 02:00.
    assert next_opening(EARLY_SUNDAY, BERLIN, utc("2026-10-25 00:00")) == utc("2026-10-25 00:15")
    assert next_opening(EARLY_SUNDAY, BERLIN, utc("2026-10-25 00:50")) == utc("2026-10-25 01:15")
    assert next_opening(EARLY_SUNDAY, BERLIN, utc("2026-10-25 01:45")) == utc("2026-11-01 01:15")


@pytest.mark.parametrize(("text", "expected"), [("19:00", True), ("24:00", False), ("7:00", False), ("١٩:00", False)])
def test_times_are_written_in_one_way(text, expected):
    assert is_time(text) is expected
