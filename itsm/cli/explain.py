"""``itsm discover explain``: why a device was read as it was."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from itsm.cli.application import running
from itsm.discovery.explaining import lines_about, read_report
from itsm.discovery.models import Sighting
from itsm.discovery.wire import HostReport
from itsm.infra.db import db
from itsm.kernel.numbers import whole_number


@click.command("explain")
@click.argument("subject", required=False)
@click.option("--report", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A report in a file.")
def explain(subject: str | None, report: Path | None) -> None:
    """Say why a device was read as it was: SUBJECT is the id of a sighting, or an address last seen."""
    if (subject is None) == (report is None):
        raise click.UsageError("Give an address, the id of a sighting, or --report FILE.")
    try:
        found = read_report(report) if report is not None else _stored(subject or "")
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(lines_about(found)))


def _stored(subject: str) -> HostReport:
    """Return the report of a sighting by its id, or of the last one at an address. Raises ValueError without one."""
    wanted = select(Sighting).order_by(Sighting.last_seen_at.desc(), Sighting.id.desc()).limit(1)
    wanted = wanted.where(Sighting.id == int(subject) if is_id(subject) else Sighting.address == subject)
    with running():
        found = db.session().scalars(wanted).one_or_none()
        if found is None:
            raise ValueError(f"nothing was seen at {subject}")
        return found.report()


def is_id(text: str) -> bool:
    """Say whether a text is the id of a row rather than an address."""
    return whole_number(text) is not None
