"""Chance, suspicion, impact and the story of a device, without a database."""

from datetime import timedelta
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.assets.rules.graph import Edge, Graph
from itsm.insight.causes.enums import Fate, Happening, Look
from itsm.insight.causes.rules.impact import Effect, Need, impact_of
from itsm.insight.causes.rules.looks import QUESTIONS, bounded, commands_of, duration, may_ask_again
from itsm.insight.causes.rules.reach import Ways, impact_on
from itsm.insight.causes.rules.significance import Share, at_least, bursts
from itsm.insight.causes.rules.story import Run, Trace, presence, story
from itsm.insight.causes.rules.suspects import Report, suspicion
from tests.application import NOON

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hits", "tries", "marked", "total", "chance"),
    [
        (0, 5, 10, 100, 1.0),
        (5, 5, 5, 5, 1.0),
        (1, 1, 1, 4, 0.25),
        (2, 2, 2, 4, 1 / 6),
        (3, 3, 10, 100, comb(10, 3) / comb(100, 3)),
    ],
)
def test_the_chance_is_the_hypergeometric_one(hits, tries, marked, total, chance):
    assert at_least(hits, tries, marked, total) == pytest.approx(chance)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60), st.integers(0, 200))
def test_a_chance_is_between_none_and_sure_and_more_hits_are_less_likely(hits, tries, marked, total):
    hits = min(hits, tries)
    first = at_least(hits, tries, marked, total)
    assert 0.0 <= first <= 1.0
    if hits + 1 <= tries and marked > hits and total >= marked + tries:
        assert at_least(hits + 1, tries, marked, total) <= first + 1e-9


def test_what_everybody_has_stands_out_for_nobody_and_looking_at_more_asks_for_more():
    everybody = Share(hits=9, tries=9, marked=100, total=100)
    few = Share(hits=3, tries=4, marked=6, total=18)
    assert (everybody.stands_out(), everybody.lift) == (False, 1.0)
    assert few.lift == pytest.approx(2.25)
    assert Share(hits=7, tries=9, marked=8, total=120).stands_out(8)
    assert not Share(hits=2, tries=2, marked=2, total=1000).stands_out()  # two are a coincidence, whatever the odds
    borderline = Share(hits=3, tries=3, marked=6, total=18)
    assert borderline.stands_out(1)
    assert not borderline.stands_out(3)


def test_a_burst_is_told_from_what_is_usual():
    assert bursts(0, 1.0) == 1.0
    assert bursts(1, 1.0) == pytest.approx(1 - 0.36787944)
    assert bursts(4, 0.01) < 1e-8


def test_needs_with_redundancy_fail_late_and_say_how_much_is_left():
    needs = [Need(1, what, "db", 2) for what in (11, 12, 13)] + [Need(2, 1), Need(3, 1, vital=False)]
    assert impact_of([11], needs).effects == {1: Effect(Fate.DEGRADED, (11,), 2, 3, 2)}
    both = impact_of([11, 12], needs).effects
    assert both == {
        1: Effect(Fate.FAILS, (11, 12), 1, 3, 2),
        2: Effect(Fate.FAILS, (1,)),
        3: Effect(Fate.DEGRADED, (1,)),
    }
    assert impact_of([99], needs).effects == {}


def test_needs_that_go_round_end_and_a_wish_for_more_than_there_are_means_all():
    assert impact_of([1], [Need(2, 1), Need(3, 2), Need(1, 3)]).of_fate(Fate.FAILS) == [2, 3]
    assert impact_of([1], [Need(5, 1, "g", 9), Need(5, 2, "g", 9)]).of_fate(Fate.FAILS) == [5]


def test_a_chain_is_told_in_the_order_of_its_causes():
    impact = impact_of([1], [Need(2, 1), Need(3, 2), Need(4, 1)])
    assert impact.chain([1]) == [(0, 2), (1, 3), (0, 4)]


def network(*cables, kinds=(), needs=()):
    edges = [Edge(a, b) for a, b in cables] + [Edge(a, b, type="runs_on", **more) for a, b, more in needs]
    nodes = {node for pair in cables for node in pair} | {node for a, b, _ in needs for node in (a, b)}
    return Graph({node: dict(kinds).get(node, "laptop") for node in nodes}, edges)


def test_a_failing_switch_cuts_off_what_has_no_other_way_and_what_needs_that():
    kinds = [(1, "router"), (2, "switch"), (3, "switch"), (9, "hypervisor")]
    graph = network((1, 2), (1, 3), (2, 4), (3, 5), (2, 9), (3, 9), kinds=kinds, needs=[(10, 9, {}), (11, 4, {})])
    effects = impact_on(graph, {2}).effects
    assert effects == {
        4: Effect(Fate.FAILS, (2,)),
        11: Effect(Fate.FAILS, (4,)),
        9: Effect(Fate.DEGRADED, (), 1, 2, 1),
    }
    assert impact_on(graph, {2, 3}).of_fate(Fate.FAILS) == [4, 5, 9, 10, 11]
    assert impact_on(graph, {1}).effects[2] == Effect(Fate.FAILS, (1,))
    assert Ways(graph).tops == {1}


def reports(*below, others=()):
    return [Report(n, 100 + n, {2: 1, 1: 2, 100 + n: 0}) for n in below] + [
        Report(n, 100 + n, {3: 1, 1: 2, 100 + n: 0}) for n in others
    ]


def test_the_nearest_asset_that_chance_does_not_explain_is_suspect_and_the_core_is_not():
    found = suspicion(3, reports(1, 2, 3, others=[4]), {2: 6, 3: 100, 1: 106}, 110, {1: 9.0, 2: 2.0}, (), {})
    assert (found.asset_id, found.ticket_ids, found.silent) == (2, (1, 2, 3), False)
    assert (found.share.hits, found.share.tries, found.share.marked) == (3, 4, 6)
    usual = {1: 9.0, 2: 3.0, 3: 9.0}
    assert suspicion(3, reports(1, 2, 3), {2: 60, 1: 106}, 110, usual, (), {}) is None
    assert suspicion(3, reports(1, 3), {2: 6, 1: 106}, 110, usual, (), {}) is None


def test_two_tickets_below_a_silent_switch_are_enough():
    found = suspicion(3, reports(1, 3), {2: 60, 1: 106}, 110, {1: 9.0, 2: 9.0}, {2}, {})
    assert (found.asset_id, found.silent) == (2, True)


def test_tickets_that_a_lesser_suspect_explains_do_not_speak_against_the_core():
    many = reports(1, 2, 3, others=[4])
    usual = {1: 0.01, 2: 0.01, 3: 0.01}
    assert suspicion(4, many, {3: 100, 1: 106}, 110, usual, (), {}).asset_id == 1
    assert suspicion(4, many, {3: 100, 1: 106}, 110, usual, (), {1: [2], 2: [2], 3: [2]}) is None


def test_tickets_of_one_device_are_one_device():
    twice = [Report(n, 101, {2: 1}) for n in (1, 2, 3)]
    assert suspicion(3, twice, {2: 6}, 110, {2: 0.0}, {2}, {}) is None


def trace(sort, at, gone=None, name="x", **more):
    return Trace(sort=sort, at=NOON + at * HOUR, gone=None if gone is None else NOON + gone * HOUR, name=name, **more)


def test_a_version_that_goes_as_another_comes_is_an_update_and_a_port_that_changes_a_move():
    told = story(
        [
            trace("software", -500, -5, "Firefox", detail="120", ref=1),
            trace("software", -5, None, "Firefox", detail="121", ref=1),
            trace("software", -6, None, "Agent", detail="2", ref=2),
            trace("software", -400, -7, "Old tool", detail="9", ref=3),
            trace("link", -500, -4, "sw-1", detail="Gi0/1"),
            trace("link", -4, None, "sw-2", detail="Gi0/7", source="fdb"),
            trace("component", -3, None, "DIMM", source="memory", detail="A2"),
            trace("observed", -2, None, "firmware", before="1.0", detail="1.1", source="snmp"),
            trace("observed", -2, None, "serial", before="A", detail="B", source="snmp"),
            trace("address", -500, -1, "10.0.0.4"),
            trace("address", -1, None, "10.0.0.9"),
            trace("custody", -500, -0.5, "Ana"),
            trace("custody", -0.5, None, "Bo"),
            trace("software", -90, None, "Too early", ref=9),
            trace("software", 2, None, "Too late", ref=8),
        ],
        NOON - 72 * HOUR,
        NOON,
    )
    assert [(c.what, c.name, c.before, c.after) for c in told] == [
        (Happening.CUSTODY, "", "Ana", "Bo"),
        (Happening.ADDRESS, "", "10.0.0.4", "10.0.0.9"),
        (Happening.FIRMWARE, "firmware", "1.0", "1.1"),
        (Happening.MEMORY, "memory", "", "DIMM A2"),
        (Happening.MOVED, "", "sw-1 Gi0/1", "sw-2 Gi0/7"),
        (Happening.UPDATED, "Firefox", "120", "121"),
        (Happening.INSTALLED, "Agent", "", "2"),
        (Happening.REMOVED, "Old tool", "9", ""),
    ]


def test_a_configuration_changed_when_the_device_says_so_not_when_a_sweep_heard_of_it():
    moments = [(-71, 3), (-80, -10), (1, 5)]
    told = story(
        [
            trace("moment", heard, None, "configuration_changed", detail=(NOON + at * HOUR).isoformat(), source="jnx")
            for at, heard in moments
        ],
        NOON - 72 * HOUR,
        NOON,
    )
    assert [(c.at, c.what, c.name, c.source) for c in told] == [
        (NOON - 71 * HOUR, Happening.CONFIGURED, "configuration_changed", "jnx")
    ]


def test_a_place_that_it_came_back_to_is_a_move_too():
    told = story(
        [
            trace("link", -500, None, "sw-1", touched=NOON - HOUR),
            trace("link", -30, -1, "sw-2", touched=NOON - HOUR),
        ],
        NOON - 72 * HOUR,
        NOON,
    )
    assert [(c.before, c.after) for c in told] == [("sw-2", "sw-1"), ("", "sw-2")]


def test_a_story_is_bounded():
    many = [trace("software", -1, None, f"p{n}", ref=n) for n in range(900)]
    assert len(story(many, NOON - HOUR * 2, NOON)) == 100


def test_a_device_is_silent_when_a_sweep_of_its_networks_began_after_it_answered():
    runs = [Run(NOON - 2 * HOUR, NOON - HOUR, (1,)), Run(NOON - HOUR, NOON, (2,))]
    assert presence(NOON - 3 * HOUR, [1], runs).silent_since == NOON - 3 * HOUR
    assert presence(NOON - 3 * HOUR, [1], runs).missed == 1
    answered = presence(NOON - 1.5 * HOUR, [1], runs)
    assert (answered.silent_since, answered.looked_at) == (None, NOON - HOUR)
    assert presence(None, [1], runs).silent_since is None
    assert presence(NOON - 3 * HOUR, [7], runs).looked_at is None


def test_every_question_runs_commands_of_the_auditable_list_only():
    from itsm.discovery.probe.ssh.commands import everything

    for question in QUESTIONS:
        commands = commands_of(question)
        assert commands
        assert set(commands) <= set(everything())


def test_a_device_is_left_alone_after_many_looks_or_two_refusals():
    asked = [(NOON - timedelta(minutes=n), Look.REACH, "ok") for n in range(8)]
    assert may_ask_again(asked, Look.SNMP, NOON) == "device"
    assert may_ask_again(asked, Look.SNMP, NOON + timedelta(minutes=9)) is None
    refused = [(NOON - timedelta(minutes=30 + n), Look.SSH, "auth_failed") for n in range(2)]
    assert may_ask_again(refused, Look.SSH, NOON) == "refused"
    assert may_ask_again(refused, Look.REACH, NOON) is None


def test_what_a_device_says_is_cut_and_cleaned():
    told = bounded([("x\x1b[31m" * 50, "v\x00" * 900)] * 200)
    assert len(told) == 60
    assert all(len(label) <= 80 and len(value) <= 200 and "\x1b" not in label for label, value in told)
    assert [duration(n) for n in (59, 3_661, 180_000)] == ["0 min 59 s", "1 h 1 min", "2 d 2 h"]
