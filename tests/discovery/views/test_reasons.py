"""Codes in words, in the reader's language."""

from __future__ import annotations

import pytest
from flask_babel import force_locale

from itsm.discovery.enums import SweepReason
from itsm.discovery.models import Sweep
from itsm.discovery.probe.steps import Step, StepKind
from itsm.discovery.views.reasons import sentence, step_words, why_words


def test_a_code_becomes_a_sentence_and_an_unknown_one_stays(app):
    with app.test_request_context():
        assert sentence("auth_failed") == "It refused our credentials."
        assert sentence("quite_new") == "quite new"


def test_every_step_has_words_on_pages_and_in_a_terminal(app):
    with app.test_request_context():
        for kind in StepKind:
            english, terminal = step_words(Step(kind, 161, "2c")), str(Step(kind, 161, "2c"))
            assert english and "%" not in english and terminal and "{" not in terminal
            with force_locale("de"):
                german = step_words(Step(kind, 161, "2c"))
            assert german != english or kind is StepKind.PING
        assert step_words(Step(StepKind.SNMP, 161, "2c")) == "Read over SNMPv2c, UDP 161"
        assert str(Step(StepKind.SSH_KEY, 22)) == "ssh key to TCP 22, only to a pinned host key"


NAMES = {"name": "100% night", "probe": "berlin"}


@pytest.mark.parametrize(
    ("reason", "english", "german"),
    [
        ("person", "started by 100% night", "gestartet von 100% night"),
        ("schedule", "by the schedule 100% night", "nach dem Zeitplan 100% night"),
        (
            "schedule_cut_off",
            "by the schedule 100% night, begun by berlin while it was cut off",
            "nach dem Zeitplan 100% night, begonnen von berlin, als die Verbindung unterbrochen war",
        ),
        ("order_file", "order file for berlin, by 100% night", "Auftragsdatei für berlin, von 100% night"),
        (
            "ticket_resolved",
            "a look again, since a ticket was resolved",
            "ein erneuter Blick, weil ein Ticket gelöst wurde",
        ),
        ("said", "", ""),
    ],
)
def test_why_a_sweep_began_is_told_in_the_readers_language(app, reason, english, german):
    sweep = Sweep(reason=SweepReason(reason), reason_facts=NAMES, outside_windows=False)
    closed = Sweep(reason=SweepReason(reason), reason_facts={}, outside_windows=True)
    with app.test_request_context():
        assert why_words(sweep) == english
        assert why_words(closed).endswith("although the window is closed")
        with force_locale("de"):
            assert why_words(sweep) == german


def test_words_of_its_own_stay_as_they_are(app):
    sweep = Sweep(reason=SweepReason.SAID, reason_facts={"text": "urgent %(name)s"}, outside_windows=False)
    with app.test_request_context():
        assert why_words(sweep) == "urgent %(name)s"
