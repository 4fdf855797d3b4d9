"""Discovery's doors for people."""

from flask import Blueprint

bp = Blueprint("discovery", __name__, url_prefix="/discovery")

from itsm.discovery.views import (  # noqa: E402 - they add their routes
    asset_tab,  # noqa: F401
    credentials,  # noqa: F401
    exclusions,  # noqa: F401
    networks,  # noqa: F401
    probes,  # noqa: F401
    review,  # noqa: F401
    schedules,  # noqa: F401
    sweeps,  # noqa: F401
)
