"""The doors for people: sign-in, first run, profile, people, groups."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)

from itsm.accounts.views import (  # noqa: E402, F401 - they add their routes
    access,
    administration,
    exchange,
    first_run,
    groups,
    people,
    profile,
    reset,
    sign_in,
)
