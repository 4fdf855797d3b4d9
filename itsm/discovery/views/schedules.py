"""When networks are swept by the clock: in words, with the times that come next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from itsm.discovery import queries
from itsm.discovery.forms import PreviewForm, ScheduleForm
from itsm.discovery.models import Network, Schedule
from itsm.discovery.rules.rhythm import Beat, rhythm_of
from itsm.discovery.services import schedules as service
from itsm.discovery.views import bp, rhythms
from itsm.discovery.views.merging import as_texts, clash_page, day_names
from itsm.discovery.views.networks import home_organization
from itsm.infra.db import db
from itsm.infra.unit import Unit, clock, transaction
from itsm.kernel.actor import Role
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.numbers import whole_number
from itsm.web import conflict, gate
from itsm.web.forms import Form, read
from itsm.web.idempotency import once
from itsm.web.identity import current_actor
from itsm.web.page import preferences
from itsm.web.render import render
from itsm.web.texts import _
from itsm.web.zones import zones

AHEAD: Final = 3
"""How many of the next times are shown."""
MOST_WAITING: Final = 5
"""Networks that are looked at for a closed window."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule that is being made up will do; ``waiting`` are networks whose window is closed at the first."""

    sentence: str
    times: list[datetime]
    waiting: list[tuple[str, datetime | None]]


@bp.get("/schedules")
@gate.roles(Role.TECHNICIAN, Role.ASSET_MANAGER, Role.AUDITOR)
def schedules() -> ResponseReturnValue:
    """Show when networks are swept by the clock."""
    session, actor = db.session(), current_actor()
    networks = session.scalars(queries.visible_networks(actor).order_by(Network.name)).all()
    return render(
        "discovery/schedules.html",
        schedules=session.scalars(queries.visible_schedules(actor).order_by(Schedule.name)).all(),
        names={network.id: network.name for network in networks},
        in_words=lambda line: rhythms.sentence(rhythm_of(line)),
        my_zone=preferences().time_zone,
    )


@bp.get("/schedules/new")
@gate.roles(Role.ADMINISTRATOR)
def new_schedule() -> ResponseReturnValue:
    """Show the form of a new schedule: every night, in the reader's time zone."""
    chosen = [row.id for row in _networks(db.session()) if row.enabled]
    values = {"beat": Beat.DAILY.value, "at": "02:30", "time_zone": preferences().time_zone, "enabled": "1"}
    return _page(Form(ScheduleForm, {**values, "network_ids": chosen}), None)


@bp.post("/schedules")
@gate.roles(Role.ADMINISTRATOR)
def create_schedule() -> ResponseReturnValue:
    """Make a schedule."""
    actor, form = current_actor(), read(ScheduleForm, request.form)

    def create(unit: Unit) -> str:
        columns = form.parse().columns()
        service.save_schedule(actor, None, home_organization(unit.session), columns, now=unit.now)
        return url_for("discovery.schedules")

    try:
        location = once(actor, create)
    except Invalid as refusal:
        return _page(form.refuse(refusal), None, 422)
    flash(_("The schedule was added."), "success")
    return redirect(location, 303)


@bp.post("/schedules/preview")
@gate.roles(Role.ADMINISTRATOR)
def preview_schedule() -> ResponseReturnValue:
    """Show what the schedule in the form will do, and store nothing."""
    form = read(PreviewForm, request.form)
    number = whole_number(request.args.get("of"))
    return _page(form, _found(number) if number is not None else None)


@bp.get("/schedules/<int:schedule_id>")
@gate.roles(Role.ADMINISTRATOR)
def schedule(schedule_id: int) -> ResponseReturnValue:
    """Show the form of a schedule."""
    found = _found(schedule_id)
    return _page(Form(ScheduleForm, _values(found)), found)


@bp.post("/schedules/<int:schedule_id>")
@gate.roles(Role.ADMINISTRATOR)
def change_schedule(schedule_id: int) -> ResponseReturnValue:
    """Change a schedule."""
    actor, form = current_actor(), read(ScheduleForm, request.form)
    yours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    try:
        yours = as_texts(form.parse().model_dump(exclude={"base"}))
        with transaction(actor) as unit:
            found = _found(schedule_id, unit.session)
            theirs = as_texts(_values(found))
            settled = conflict.settle(yours, theirs, sent=request.form, version=found.version, labels=_labels())
            columns = Form(ScheduleForm, settled).parse().columns()
            service.save_schedule(actor, found, found.organization_id, columns, now=unit.now)
    except Invalid as refusal:
        return _page(form.refuse(refusal), _found(schedule_id), 422)
    except Conflict as clash:
        url = url_for("discovery.change_schedule", schedule_id=schedule_id)
        return clash_page(clash, _found(schedule_id), (yours, theirs), url=url, back=url)
    flash(_("The schedule was saved."), "success")
    return redirect(url_for("discovery.schedules"), 303)


@bp.post("/schedules/<int:schedule_id>/switch")
@gate.roles(Role.ADMINISTRATOR)
def switch_schedule(schedule_id: int) -> ResponseReturnValue:
    """Switch a schedule on or off."""
    actor = current_actor()
    with transaction(actor) as unit:
        found = _found(schedule_id, unit.session)
        columns: dict[str, Any] = {"name": found.name, "network_ids": found.network_ids, "cron": found.cron}
        columns |= {"time_zone": found.time_zone, "enabled": not found.enabled}
        service.save_schedule(actor, found, found.organization_id, columns, now=unit.now)
    return redirect(url_for("discovery.schedules"), 303)


@bp.post("/schedules/<int:schedule_id>/removal")
@gate.roles(Role.ADMINISTRATOR)
def remove_schedule(schedule_id: int) -> ResponseReturnValue:
    """Forget a schedule."""
    actor = current_actor()
    with transaction(actor) as unit:
        service.remove_schedule(actor, _found(schedule_id, unit.session))
    flash(_("The schedule was removed. The sweeps that it started are still there."), "success")
    return redirect(url_for("discovery.schedules"), 303)


def _found(schedule_id: int, session: Session | None = None) -> Schedule:
    """Return a schedule that exists for the actor; within a transaction (its session is given) locked."""
    wanted = queries.visible_schedules(current_actor())
    wanted = wanted if session is None else wanted.with_for_update()
    found: Schedule = queries.get_one(session or db.session(), wanted, Schedule, schedule_id)
    return found


def _networks(session: Session) -> Sequence[Network]:
    return session.scalars(queries.visible_networks(current_actor()).order_by(Network.name)).all()


def _page(form: Form[Any], found: Schedule | None, status: int = 200) -> ResponseReturnValue:
    networks = _networks(db.session())
    chosen = [str(number) for number in form.value("network_ids", [])]
    return render(
        "discovery/schedule.html",
        form=form,
        found=found,
        base=form.value("base") or (conflict.base_of(as_texts(_values(found))) if found else ""),
        version=(request.form.get("version") or found.version) if found else None,
        preview=_preview(form, [row for row in networks if str(row.id) in chosen]),
        networks=networks,
        chosen=chosen,
        rhythms=rhythms,
        days=list(enumerate(day_names())),
        zones=zones(str(form.value("time_zone"))),
        status=status,
    )


def _preview(form: Form[Any], networks: Sequence[Network]) -> Preview | None:
    """Return what the form says, or None while it does not say all of it."""
    try:
        wish = Form(PreviewForm, {**form.values, "base": ""}).parse()
        cron, now = wish.columns()["cron"], clock().now()
        times = service.next_times(cron, wish.time_zone, now, most=AHEAD)
    except Invalid:
        return None
    closed = [row for row in networks[:MOST_WAITING] if not row.is_open(times[0])]
    said = rhythms.sentence(rhythm_of(cron))
    return Preview(said, times, [(row.name, row.opens_at(times[0])) for row in closed])


def _values(found: Schedule) -> dict[str, Any]:
    """Return what stands in the form of a schedule."""
    rhythm = rhythm_of(found.cron)
    return {
        "name": found.name,
        "network_ids": sorted(found.network_ids),
        "beat": rhythm.beat.value,
        "every": rhythm.every,
        "minute": rhythm.minute,
        "at": rhythm.at,
        "days": list(rhythm.days),
        "day": rhythm.day,
        "cron": found.cron,
        "time_zone": found.time_zone,
        "enabled": found.enabled,
    }


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "network_ids": _("Networks"),
        "beat": _("How often"),
        "every": _("Every"),
        "minute": _("Minute"),
        "at": _("Time"),
        "days": _("Days"),
        "day": _("Day of the month"),
        "cron": _("Expression"),
        "time_zone": _("Time zone"),
        "enabled": _("Switched on"),
    }
