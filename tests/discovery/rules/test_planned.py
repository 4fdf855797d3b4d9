"""A dry run for people."""

from itsm.discovery.probe.order import Intention
from itsm.discovery.probe.steps import Step, StepKind
from itsm.discovery.rules.planned import Run, runs

ASK, LOOK = (Step(StepKind.SNMP, 161, "2c"), "credential:1"), (Step(StepKind.PING), None)


def plan(*told):
    return [Intention(address, step, credential) for address, steps in told for step, credential in steps]


def test_neighbours_that_are_asked_the_same_are_one_run():
    found = runs(plan(("10.0.0.1", [ASK, LOOK]), ("10.0.0.2", [ASK, LOOK]), ("10.0.0.3", [LOOK])))
    assert found == [Run("10.0.0.1", "10.0.0.2", 2, (ASK, LOOK)), Run("10.0.0.3", "10.0.0.3", 1, (LOOK,))]


def test_an_address_that_is_left_out_ends_a_run():
    found = runs(plan(("10.0.0.1", [ASK]), ("10.0.0.3", [ASK]), ("10.0.0.4", [ASK])))
    assert [(run.first, run.last, run.size) for run in found] == [
        ("10.0.0.1", "10.0.0.1", 1),
        ("10.0.0.3", "10.0.0.4", 2),
    ]


def test_nothing_planned_is_no_run():
    assert runs([]) == []
