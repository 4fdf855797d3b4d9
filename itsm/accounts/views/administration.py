"""What administrators and auditors look after: the journal, the jobs, failed sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from itsm.accounts.policies import POLICY, PeoplePermission
from itsm.accounts.queries.journal import JournalWish, failed_sign_ins, list_journal
from itsm.accounts.views import bp
from itsm.accounts.views.words import action_words, door_words, thing_words
from itsm.infra.db import db
from itsm.infra.jobs import letters, queries
from itsm.infra.unit import clock, record, transaction
from itsm.kernel.actor import Actor, Role
from itsm.kernel.errors import NotFound
from itsm.kernel.numbers import whole_number
from itsm.kernel.policy import require
from itsm.web import gate
from itsm.web.identity import signed_in
from itsm.web.render import render
from itsm.web.texts import _

LATE = timedelta(minutes=5)
LETTERS = 50


@bp.get("/admin/journal")
@gate.roles(Role.AUDITOR)
def journal() -> ResponseReturnValue:
    """Show who changed what, when, through which door."""
    require(POLICY, signed_in(), PeoplePermission.JOURNAL_READ)
    wish = JournalWish.of(request.args)
    page = list_journal(db.session(), wish, after=request.args.get("after"), before=request.args.get("before"))
    return render(
        "admin/journal.html",
        page=page,
        lines=together(page.rows, whole=bool(wish.request)),
        wish=wish,
        words=action_words(),
        things=thing_words(),
        doors=door_words(),
        changes={row.sequence: changes(row.detail) for row in page.rows},
    )


MACHINES = ("probe", "job", "cli")


def together(rows: Sequence[Any], *, whole: bool) -> list[tuple[Any, int]]:
    """Return (line, how many alike follow it): what one sweep or job did to many things of a sort is one line.

    ``whole`` shows every line: somebody looks at one request.
    """
    found: list[tuple[Any, int]] = []
    for row in rows:
        last, more = found[-1] if found else (None, 0)
        alike = last is not None and row.door in MACHINES and _sort(row) == _sort(last)
        if alike and not whole:
            found[-1] = (last, more + 1)
        else:
            found.append((row, 0))
    return found


def _sort(row: Any) -> tuple[Any, ...]:
    return row.request_id, row.door, row.subject_type, row.action


def changes(detail: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    """Return (field, before, after) of a journal line; long values are cut, the line itself keeps them."""
    before, after = (detail or {}).get("before") or {}, (detail or {}).get("after") or {}
    return [(name, _short(before.get(name)), _short(after.get(name))) for name in {**before, **after}]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else text[:200] + "…"


@bp.get("/admin/sign-ins")
@gate.roles(Role.AUDITOR)
def sign_ins() -> ResponseReturnValue:
    """Show recent failed sign-ins."""
    require(POLICY, signed_in(), PeoplePermission.JOURNAL_READ)
    page = failed_sign_ins(db.session(), after=request.args.get("after"), before=request.args.get("before"))
    return render("admin/sign_ins.html", page=page, words=action_words())


def _manager() -> Actor:
    actor = signed_in()
    require(POLICY, actor, PeoplePermission.JOBS_MANAGE)
    return actor


@bp.get("/admin/jobs")
@gate.roles(Role.ADMINISTRATOR)
def jobs() -> ResponseReturnValue:
    """Show queues, workers, what is late and what was given up."""
    _manager()
    session, now = db.session(), clock().now()
    before = request.args.get("before", type=whole_number)
    dead = queries.dead_letters(session, before, LETTERS)
    return render(
        "admin/jobs.html",
        depths=queries.queue_depths(session, now=now),
        workers=[(worker, worker.lives(now=now)) for worker in queries.workers(session)],
        late=queries.late_jobs(session, now=now, late_for=LATE, limit=20),
        dead=dead,
        older=dead[-1].id if len(dead) == LETTERS else None,
    )


@bp.post("/admin/jobs/<int:job_id>/retry")
@gate.roles(Role.ADMINISTRATOR)
def retry_job(job_id: int) -> ResponseReturnValue:
    """Put a dead letter back into its queue."""
    with transaction(_manager()) as unit:
        if not letters.retry(unit.session, job_id):
            raise NotFound(_("This job is no dead letter any more."))
        record("job_retried", "job", job_id)
    flash(_("The job is in its queue again."), "success")
    return redirect(url_for("accounts.jobs"), 303)


@bp.post("/admin/jobs/<int:job_id>/discard")
@gate.roles(Role.ADMINISTRATOR)
def discard_job(job_id: int) -> ResponseReturnValue:
    """Delete a dead letter for good."""
    with transaction(_manager()) as unit:
        if not letters.discard(unit.session, job_id):
            raise NotFound(_("This job is no dead letter any more."))
        record("job_discarded", "job", job_id)
    flash(_("The job was discarded."), "success")
    return redirect(url_for("accounts.jobs"), 303)
