"""The doors of drift for people who work with tickets and assets."""

from flask import Blueprint

bp = Blueprint("drift", __name__, url_prefix="/insight/drift")

from itsm.insight.drift.views import cards, plans, rules, worklist  # noqa: E402

__all__ = ["bp", "cards", "plans", "rules", "worklist"]
