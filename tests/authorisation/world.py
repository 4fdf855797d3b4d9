"""A small world with one thing of every sort, all of one company, and nine people who try everything on it.

The things belong to the first company. ``own`` asked for the ticket, holds the asset and gets the notification;
``other`` is a colleague;
``foreign`` and ``outside`` are an employee and a technician of another company; ``inside`` is a technician,
``auditor`` reads only, ``manager`` looks after assets.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import select

from itsm.accounts.models import UserSession
from itsm.assets.enums import AssetKind, AssetStatus, DisagreementState
from itsm.assets.models import Category, Disagreement, FieldChoice, MergeRecord, Resurfacing
from itsm.attachments.models import Attachment
from itsm.attachments.services.uploads import receive
from itsm.discovery.enums import CredentialKind, HostKeyState, MatchState, PartState, ProbeDoor, SweepState
from itsm.discovery.models import Credential, Exclusion, HostKey, Match, Probe, Schedule, Sweep, SweepPart
from itsm.discovery.services.orders import seal
from itsm.infra.unit import Unit, transaction
from itsm.insight.causes.enums import BannerScope, SuspectState
from itsm.insight.causes.models import Banner, Suspect, SuspectTicket
from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.insight.drift.models import Drift, ExpectedChange, MaintenanceWindow
from itsm.insight.drift.services.rules import ensure_rules
from itsm.kernel.actor import Actor, Role
from itsm.notifications.enums import Reason
from itsm.notifications.models import Notification
from itsm.tickets.models import Entry, Ticket, TicketCategory
from itsm.tickets.services import filing
from itsm.tickets.views.files import hang_on
from tests.application import NOON
from tests.discovery.services.test_intake import report, take
from tests.factories.accounts import GroupFactory, PersonFactory
from tests.factories.assets import AssetFactory
from tests.factories.discovery import NetworkFactory
from tests.factories.org import DepartmentFactory, LocationFactory, OrganizationFactory
from tests.people import Browser, new_browser, sign_in_to

ACTORS = ("anonymous", "own", "other", "foreign", "outside", "inside", "auditor", "manager", "administrator")


@dataclass
class World:
    """The nine browsers, and the ids and forms by which they try things."""

    browsers: dict[str, Browser]
    ids: dict[str, Any]


def build(app: Flask) -> World:
    """Make the world in an empty database."""
    sign_in = partial(sign_in_to, app)
    with app.app_context(), transaction(Actor.house()):
        here, there = OrganizationFactory().id, OrganizationFactory().id
    browsers = {
        "anonymous": new_browser(app),
        "own": sign_in(organization_of=here),
        "other": sign_in(organization_of=here),
        "foreign": sign_in(organization_of=there),
        "outside": sign_in(Role.TECHNICIAN, organization=there),
        "inside": sign_in(Role.TECHNICIAN, organization=here),
        "auditor": sign_in(Role.AUDITOR, organization=here),
        "manager": sign_in(Role.ASSET_MANAGER, organization=here),
        "administrator": sign_in(Role.ADMINISTRATOR),
    }
    own = browsers["own"].actor
    with app.app_context():
        picture = receive([("shot.png", _picture())])
        with transaction(own) as unit:
            number = filing.file(own, filing.NewTicket(title="Mine", body="Help"), now=unit.now).number
            second = filing.file(own, filing.NewTicket(title="Mine too", body="Help"), now=unit.now)
            ids = {"number": number, "second": second.number, "ticket_id": second.id}
            first = unit.session.scalars(select(Entry.id).order_by(Entry.id)).first()
            hang_on(own, picture, first, now=unit.now)
            ids["attachment_id"] = unit.session.scalars(select(Attachment.id)).one()
        with transaction(Actor.house()) as unit:
            ids |= _things(unit, here, own)
            ids |= _causes(unit, here, ids)
            ids["topic_id"] = unit.session.scalars(select(TicketCategory.id).order_by(TicketCategory.id)).first()
    ids["inside"] = browsers["inside"].actor.person_id
    return World(browsers, ids)


def _picture() -> io.BytesIO:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    drawn.seek(0)
    return drawn


def _things(unit: Unit, here: int, own: Actor) -> dict[str, Any]:
    session = unit.session
    asset = AssetFactory(organization_id=here, organization=None, custodian_id=own.person_id, tag="LAP-1")
    network = NetworkFactory(organization_id=here, organization=None)
    credential = Credential(organization_id=here, name="c", kind=CredentialKind.SNMP_COMMUNITY, options={}, sealed="")
    sweep = Sweep(organization_id=here, network_ids=[network.id], state=SweepState.RUNNING, started_at=NOON)
    schedule = Schedule(organization_id=here, name="s", network_ids=[network.id], cron="0 3 * * *", enabled=False)
    key = HostKey(
        network_id=network.id, address="10.0.0.1", algorithm="x", fingerprint="SHA256:x", state=HostKeyState.OFFERED
    )
    category = Category(organization_id=here, name="Laptops", kind=AssetKind.LAPTOP, tag_prefix="L-")
    note = Notification(
        person_id=own.person_id, key="k", kind="ticket.filed", reason=Reason.REQUESTER, title="x", href="/x"
    )
    note.created_at = NOON
    disagreement = Disagreement(asset_id=asset.id, field="serial", source="snmp", recorded="A", observed="B")
    disagreement.state = DisagreementState.OPEN
    mine = UserSession(user_id=own.user_id, token_hash="0" * 64, created_at=NOON, seen_at=NOON)
    mine.expires_at = NOON + timedelta(days=1)
    probe = Probe(organization_id=here, name="branch", door=ProbeDoor.FILES, sign_key="0" * 64, box_key="0" * 64)
    exclusion = Exclusion(organization_id=here, ranges=["10.9.0.0/24"], reason="x")
    session.add_all([exclusion, probe, disagreement, credential, sweep, schedule, key, category, note, mine])
    session.flush()
    part = SweepPart(sweep_id=sweep.id, probe_id=probe.id, network_ids=[network.id], state=PartState.QUEUED)
    part.is_file, part.parcel = True, b"sealed"
    session.add(part)
    second = AssetFactory(organization_id=here, organization=None, tag="LAP-2")
    absorbed = AssetFactory(organization_id=here, organization=None, tag="LAP-3", merged_into_id=asset.id)
    asset.absorbed_count = 1
    merge = MergeRecord(survivor_id=asset.id, absorbed_id=absorbed.id, taken={})
    choice = FieldChoice(asset_id=asset.id, field="model", source="snmp")
    back = Resurfacing(asset_id=asset.id, status=AssetStatus.RETIRED, address="10.0.0.1", first_at=NOON, last_at=NOON)
    session.add_all([merge, choice, back])
    session.flush()
    credential.sealed = seal(credential, {"secret": "hidden"})
    take(network, report(serial=None, macs=("3c:52:82:00:00:01", "3c:52:82:00:00:02")))
    take(network, report(address="10.0.0.9", serial=None, name="y", macs=("3c:52:82:00:00:02",)))
    match = session.query(Match).filter_by(state=MatchState.UNDECIDED).one()
    return _planned(unit, here, asset.id) | {
        "asset_id": asset.id,
        "second_asset": second.id,
        "merge_id": merge.id,
        "choice_id": choice.id,
        "resurfacing_id": back.id,
        "worklist": "unbooked",
        "field": "name",
        "tag": asset.tag,
        "network_id": network.id,
        "exclusion_id": exclusion.id,
        "probe_id": probe.id,
        "part_id": part.id,
        "credential_id": credential.id,
        "sweep_id": sweep.id,
        "schedule_id": schedule.id,
        "key_id": key.id,
        "match_id": match.id,
        "sighting_id": match.sighting_id,
        "category_id": category.id,
        "notification_id": note.id,
        "session_id": mine.id,
        "disagreement_id": disagreement.id,
        "person_id": PersonFactory(organization_id=here, organization=None).id,
        "group_id": GroupFactory(organization_id=here, organization=None).id,
        "location_id": LocationFactory(organization_id=here, organization=None).id,
        "department_id": DepartmentFactory(organization_id=here, organization=None).id,
        "organization_id": here,
        "mine": own.person_id,
    }


def _planned(unit: Unit, here: int, asset_id: int) -> dict[str, Any]:
    """Return one drift, one maintenance and one expected change of the asset."""
    rule = ensure_rules(now=unit.now)[RuleKey.DISK_FULL]
    about = {"organization_id": here, "asset_id": asset_id}
    drift = Drift(**about, rule_id=rule.id, subject="/", state=DriftState.CONFIRMED, before="", after="95 %", manner="")
    drift.first_seen_at = drift.last_seen_at = unit.now
    drift.times_seen, drift.times_clear, drift.returns = 2, 0, 0
    window = MaintenanceWindow(**about, why="x", starts_at=unit.now, ends_at=unit.now + timedelta(days=1))
    change = ExpectedChange(**about, why="x", until_on=unit.now.date())
    unit.session.add_all([drift, window, change])
    unit.session.flush()
    return {"drift_id": drift.id, "window_id": window.id, "change_id": change.id}


def _causes(unit: Unit, here: int, ids: dict[str, Any]) -> dict[str, Any]:
    """Make a suspect above the second ticket, and a banner that speaks of the first to the company."""
    suspect = Suspect(organization_id=here, asset_id=ids["asset_id"], state=SuspectState.OPEN)
    suspect.first_ticket_at = suspect.last_ticket_at = NOON
    first = unit.session.scalars(select(Ticket.id).where(Ticket.number == ids["number"])).one()
    banner = Banner(organization_id=here, ticket_id=first, scope=BannerScope.ORGANIZATION, message="x")
    banner.until = NOON + timedelta(hours=4)
    unit.session.add_all([suspect, banner])
    unit.session.flush()
    unit.session.add(SuspectTicket(suspect_id=suspect.id, ticket_id=ids["ticket_id"], added_at=NOON))
    return {"suspect_id": suspect.id, "banner_id": banner.id}
