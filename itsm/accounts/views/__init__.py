"""The doors for people: sign-in, first run, profile, people."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)

from itsm.accounts.views import first_run, profile, reset, sign_in  # noqa: E402, F401 - they add their routes
