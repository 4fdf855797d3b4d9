"""The nouns of insight."""

from itsm.insight.causes.models.banner import Banner
from itsm.insight.causes.models.look import DeviceLook
from itsm.insight.causes.models.suspect import Suspect, SuspectTicket

__all__ = ["Banner", "DeviceLook", "Suspect", "SuspectTicket"]
