"""What the probe and the sweeps say in codes, in sentences for people: why a conversation ended, what a plan would send."""

from __future__ import annotations

from collections import defaultdict

from flask_babel import gettext as _

from itsm.discovery.enums import SweepReason
from itsm.discovery.models import Sweep
from itsm.discovery.probe.steps import Step, StepKind


def sentence(reason: str) -> str:
    """Return what a reason code of the probe means; a code that we have no words for is shown as it is."""
    said = {
        "silent": _("It did not answer."),
        "timeout": _("It answered too slowly."),
        "auth_failed": _("It refused our credentials."),
        "privacy_failed": _("It could not read what we sent encrypted: the privacy protocol or password differs."),
        "no_credential": _("No credential of this network fits."),
        "account_guard": _("We stopped before the account was locked."),
        "refused": _("It refused the connection."),
        "host_key_unknown": _("Nobody approved its host key yet, so it was shown nothing secret."),
        "host_key_changed": _("It shows another host key than the approved one."),
        "bad_key": _("Its host key is broken."),
        "no_common_algorithm": _("It knows only algorithms that this credential does not allow."),
        "no_banner": _("The port is open, and nothing there speaks SSH."),
        "no_prompt": _("We got in, and no prompt appeared."),
        "unknown_cli": _("We got in, and do not know its commands."),
        "budget_time": _("It took more time than one device may."),
        "budget_bytes": _("It sent more than one device may."),
        "budget_rows": _("It sent more rows than one device may."),
        "too_big": _("Its answer was too large."),
        "empty_answer": _("It answered, and said nothing."),
        "malformed": _("What it said could not be understood; what was read before is kept."),
        "no_valid_answer": _("It answered, and not by the rules."),
        "other_source": _("Another address answered in its place."),
        "engine_id_changed": _("It changed its identity during the conversation."),
        "no_ssh_here": _("The probe's host has no paramiko, so SSH was not tried."),
        "no_cipher_here": _("The probe's host has no cryptography, so nothing encrypted was read."),
        "older_than_stored": _("This came late: something newer is known by now."),
        "cancelled": _("The sweep was stopped before it was read."),
    }
    return str(said.get(reason, reason.replace("_", " ")))


def step_words(step: Step) -> str:
    """Return a step of a dry run in words."""
    said = {
        StepKind.ENGINE: _("Ask SNMPv3 who it is, UDP %(port)s"),
        StepKind.SNMP: _("Read over SNMPv%(version)s, UDP %(port)s"),
        StepKind.SSH_KEY: _("Sign in over SSH with a key, TCP %(port)s, only to a pinned host key"),
        StepKind.SSH_PASSWORD: _("Sign in over SSH with a password, TCP %(port)s, only to a pinned host key"),
        StepKind.SSH_HELD: _("No password over SSH: it was refused too often within the hour"),
        StepKind.CONNECT: _("Knock at TCP %(port)s"),
        StepKind.TLS: _("Ask for the certificate, TCP %(port)s"),
        StepKind.PING: _("Ping"),
    }
    return str(said[step.kind]) % {"port": step.port, "version": step.version}


def why_words(sweep: Sweep) -> str:
    """Return why a sweep began; empty where nobody said."""
    facts: dict[str, str] = defaultdict(str, sweep.reason_facts)
    said = {
        SweepReason.PERSON: _("started by %(name)s"),
        SweepReason.SCHEDULE: _("by the schedule %(name)s"),
        SweepReason.SCHEDULE_CUT_OFF: _("by the schedule %(name)s, begun by %(probe)s while it was cut off"),
        SweepReason.ORDER_FILE: _("order file for %(probe)s, by %(name)s"),
        SweepReason.TICKET_RESOLVED: _("a look again, since a ticket was resolved"),
        SweepReason.SAID: "%(text)s",
    }
    words = str(said[sweep.reason]) % facts
    return ", ".join(
        part for part in (words, _("although the window is closed") if sweep.outside_windows else "") if part
    )
