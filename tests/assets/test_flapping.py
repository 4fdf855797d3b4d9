"""A value that goes back and forth is one line; what a person did and what goes on to a third value is not."""

from datetime import timedelta

from itsm.assets.rules.flapping import Line, collapsed
from tests.application import NOON


def line(minutes, before, after, field="os_version", machine=True):
    return Line(NOON + timedelta(minutes=minutes), machine, {field: before}, {field: after}, minutes)


def told(lines):
    """Return (source, how often, since in minutes) of each line."""
    return [
        (one.source, one.times, None if one.since is None else (one.since - NOON) / timedelta(minutes=1))
        for one in collapsed(lines)
    ]


def test_back_and_forth_is_one_line_with_its_count_and_span():
    lines = [line(9, "A", "B"), line(7, "B", "A"), line(6, "x", "y", "name"), line(4, "A", "B"), line(1, "B", "A")]
    assert told(lines) == [(9, 4, 1), (6, 1, None)]


def test_a_third_value_begins_another_line():
    assert told([line(9, "B", "C"), line(7, "A", "B"), line(5, "B", "A")]) == [(9, 1, None), (7, 2, 5)]


def test_a_persons_change_stands_by_itself_and_ends_the_row():
    lines = [line(9, "A", "B"), line(7, "B", "A", machine=False), line(5, "A", "B"), line(3, "B", "A")]
    assert told(lines) == [(9, 1, None), (7, 1, None), (5, 2, 3)]
