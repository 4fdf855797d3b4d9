"""Every reason that the knowledge base gives for an answer has words in the reader's language."""

from __future__ import annotations

import ast
from pathlib import Path

import flask_babel
import pytest

import itsm.discovery.knowledge as knowledge
from itsm.assets.sayings import rule_words as as_assets_say
from itsm.discovery.knowledge.kinds import _TELLING_MIBS
from itsm.discovery.rules.matching import WEIGHTS
from itsm.discovery.views.evidence import key_words, objection_words, rule_words

SOURCES = sorted(Path(knowledge.__file__).parent.glob("*.py"))
SAME_EVERYWHERE = {"dot1dBaseBridgeAddress", "UPS-MIB"}
RULE = {"Candidate": 3, "_named": 1, "_told": 2}
"""Where in a call the rule stands."""


def constants(node):
    """Return the texts that an expression may be; what is filled in is an "x" and a 7."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(one.value if isinstance(one, ast.Constant) else _filled(one) for one in node.values)]
    return []


def _filled(node):
    text = ast.unparse(node.value)
    if text == "rule":
        return "MIB object sysThing"
    return "model" if text == "field" else "'7'" if node.conversion == ord("r") else "7"


def rules():
    found = {rule for _oid, _kind, _sure, rule in _TELLING_MIBS}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RULE:
                told = "commands tell the " if node.func.id == "_told" else ""
                place = RULE[node.func.id]
                found |= {told + text for argument in node.args[place : place + 1] for text in constants(argument)}
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith(("rule", "(rule")):
                values = node.value.elts[:1] if isinstance(node.value, ast.Tuple) else [node.value]
                found |= {text for value in values for text in constants(value)}
    return sorted(text for text in found if (text and "MIB object sysThing, " not in f"{text}, ") or ", " in text)


def objections():
    found = set()
    for path in SOURCES:
        if path.name not in ("plausible.py", "identify.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rejected":
                found |= set(constants(node.value))
            elif isinstance(node, ast.Return) and node.value is not None and path.name == "plausible.py":
                values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
                found |= {text for value in values for text in constants(value)}
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
                found |= set(constants(node.value))
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and ast.unparse(node.elts[0]).startswith("_"):
                found |= set(constants(node.elts[1]))
    return sorted(found - {""})


@pytest.fixture
def german(app):
    with app.test_request_context(), flask_babel.force_locale("de"):
        yield


def test_the_sources_are_read_right():
    assert len(rules()) > 55
    assert {"nothing says more", "commands tell the system model", "MIB object sysThing, by name"} <= set(rules())
    assert {"placeholder", "a MAC address", "the kernel's version", "the device's own name"} <= set(objections())


def test_every_rule_is_told_in_german(german):
    english = {rule for rule in rules() if rule_words(rule) == rule} - SAME_EVERYWHERE
    assert english == set()


def test_every_objection_is_told_in_german(german):
    assert {one for one in objections() if objection_words(one) == one} == set()
    assert (objection_words(None), objection_words("never heard of")) == ("", "never heard of")


def test_every_key_has_its_word_and_names_stay(german):
    assert {kind for kind in WEIGHTS if key_words(kind) == kind} - {"name"} == set()
    assert rule_words(r"sysDescr matches '\bAXIS\b'").endswith(r"'\bAXIS\b'")
    assert rule_words("enterprise number 9").endswith(" 9")
    assert rule_words("ENTITY-MIB chassis, model name") != "ENTITY-MIB chassis, model name"
    assert rule_words("ccmHistoryRunningLastChanged") == "ccmHistoryRunningLastChanged"
    assert as_assets_say("nothing says more") == rule_words("nothing says more")
    assert len(rule_words("x" * 100_000)) == 100_000
