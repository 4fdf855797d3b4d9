"""Reason codes in words."""

from __future__ import annotations

from itsm.discovery.views.reasons import sentence


def test_a_code_becomes_a_sentence_and_an_unknown_one_stays(app):
    with app.test_request_context():
        assert sentence("auth_failed") == "It refused our credentials."
        assert sentence("quite_new") == "quite new"
