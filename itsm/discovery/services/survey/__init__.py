"""Surveying an organization's network: from the last word of every device to links and places. Reads only.

All words count, whichever sweep brought them: a switch of one network tells of hosts in another. Words older than
``FORGOTTEN`` are left out. The tables are read a device at a time, so memory grows with the addresses that are heard
and not with how often.

The steps, each in a module: what was told (:mod:`.words`), who is meant by it (:mod:`.owners`), which cables that makes
(:mod:`.cabling`), what forwarding tables and controllers add (:mod:`.hearing`), where every MAC is then (:mod:`.places`),
and which virtual machine runs where (:mod:`.machines`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from itsm.discovery.rules.topology import cables
from itsm.discovery.services.survey.cabling import Cabling
from itsm.discovery.services.survey.found import Place, Survey
from itsm.discovery.services.survey.hearing import hear
from itsm.discovery.services.survey.machines import machines
from itsm.discovery.services.survey.owners import Owners
from itsm.discovery.services.survey.places import place_all
from itsm.discovery.services.survey.words import recall

__all__ = ["FORGOTTEN", "Place", "Survey", "survey"]

FORGOTTEN: Final = timedelta(days=30)


def survey(session: Session, organization_id: int, *, now: datetime) -> Survey:
    """Return the network of an organization as its devices tell it."""
    words = recall(session, organization_id, since=now - FORGOTTEN)
    owners = Owners(session, organization_id, words)
    cabling = Cabling.of(words, owners)
    found = Survey(cables=cables(cabling.told), seen_at=words.seen_at)
    cabling.note(found.cables)
    hearing = hear(words, owners, cabling)
    found.cables += hearing.silent_links
    place_all(found, hearing, words, owners)
    found.guests = machines(words, owners)
    return found
