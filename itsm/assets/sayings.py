"""How the room that observes assets puts the rules behind its values into words. This room does not know the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Flask, current_app

EXTENSION: Final = "itsm.rule_words"


def say_rules_by(app: Flask, words: Callable[[str], str]) -> None:
    """Have the rules behind observed values told by this function from now on."""
    app.extensions[EXTENSION] = words


def rule_words(rule: str) -> str:
    """Return a rule in the reader's language, as far as somebody has words for it."""
    words: Callable[[str], str] | None = current_app.extensions.get(EXTENSION)
    return words(rule) if words is not None and rule else rule
