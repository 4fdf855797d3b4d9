"""The doors of this part: panels of a ticket, the worklist of suspects, banners, looks."""

from itsm.insight.causes.views import banners, looks, panels, portal, suspects
from itsm.insight.causes.views.blueprints import bp

__all__ = ["banners", "bp", "looks", "panels", "portal", "suspects"]
