"""Discovery's doors for people."""

from flask import Blueprint

bp = Blueprint("discovery", __name__, url_prefix="/discovery")

from itsm.discovery.views import credentials, networks, probes, review, sweeps  # noqa: E402, F401 - they add their routes
