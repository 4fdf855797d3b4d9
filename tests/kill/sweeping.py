"""Sweeps of the simulated fleet whose worker is killed, and what they must leave: what an untouched sweep leaves."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from itsm.assets.models import Address, Asset, Component, Interface, ObservedValue, SoftwareInstallation
from itsm.demo import network as demo_network
from itsm.demo.fleet import Fleet
from itsm.demo.fleet.secrets import COMMUNITY, SSH_USER, V3_USER
from itsm.discovery.enums import SweepState, TargetResult
from itsm.discovery.models import Identification, Match, Network, Sighting, Sweep, TargetOutcome
from itsm.discovery.services.sweeps import queue_sweep
from itsm.infra import journal
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door
from tests.factories.org import OrganizationFactory
from tests.kill.installation import PATIENCE, Installation, kill

NET: Final = "127.44.7.0/24"
PACE: Final = 12
"""Addresses a second: slow, so that there is time to be killed in."""
ENDED: Final = (SweepState.FINISHED, SweepState.FAILED, SweepState.CANCELLED)


def enter(here: Installation, fleet: Fleet, *, pace: int = PACE) -> None:
    """Enter the fleet's network with its credentials."""
    v3 = {"user": V3_USER.name, "auth": "SHA-256", "auth_password": V3_USER.auth_password}
    v3 |= {"privacy": "AES-256", "privacy_password": V3_USER.privacy_password}
    ready: dict[str, Any] = {"net": fleet.net, "port": fleet.port, "ssh_port": fleet.ssh_port, "v3": v3}
    ready |= {"community": COMMUNITY, "ssh_user": SSH_USER, "ssh_key_file": str(fleet.secrets.ssh_key_file)}
    with here.app.app_context(), transaction(Actor.house(Door.CLI)) as unit:
        company = OrganizationFactory()
        entered = demo_network.enter(unit, company.id, None, ready | {"devices": fleet.addresses})
        # Mostly addresses that answer, so that a sweep is conversation and not silence.
        entered.ranges = [*fleet.addresses.values(), *(fleet.net.replace(".0/24", f".{n}") for n in (200, 201, 202))]
        entered.pace = pace
    here.let_go()


def sweep(here: Installation) -> int:
    """Put a sweep on the queue and return its id."""
    with here.app.app_context(), transaction(Actor.house(Door.CLI)) as unit:
        return queue_sweep(Actor.house(Door.CLI), unit.session.scalars(select(Network)).all(), now=unit.now).id


def standing(here: Installation, sweep_id: int) -> tuple[SweepState, int]:
    """Return the state of a sweep and how many addresses have an outcome."""
    with here.app.app_context():
        session = db.session()
        state = session.scalars(select(Sweep.state).where(Sweep.id == sweep_id)).one()
        return state, session.scalar(select(func.count()).where(TargetOutcome.sweep_id == sweep_id)) or 0


def swept(here: Installation, *, kills: int, dice: random.Random) -> tuple[int, int]:
    """Run one sweep to its end while its worker is killed up to ``kills`` times; return (sweep id, kills made)."""
    sweep_id, made = sweep(here), 0
    limit = time.monotonic() + PATIENCE * (kills + 1)
    worker = here.start("tests.kill.worker")
    try:
        while True:
            state, seen = standing(here, sweep_id)
            if state in ENDED:
                return sweep_id, made
            if made < kills and state is SweepState.RUNNING:
                _wait_until_more(here, sweep_id, seen, dice)
                kill(worker)
                made += 1
                worker = here.start("tests.kill.worker")
            if time.monotonic() > limit or worker.poll() is not None:
                raise AssertionError(f"the sweep stays {state}: {here.log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.1)
    finally:
        kill(worker)


def _wait_until_more(here: Installation, sweep_id: int, seen: int, dice: random.Random) -> None:
    """Wait until the run that is under way wrote something, or two seconds, and a random moment more."""
    limit = time.monotonic() + dice.uniform(0.3, 2.0)
    while time.monotonic() < limit:
        state, now = standing(here, sweep_id)
        if state in ENDED or now > seen:
            break
        time.sleep(0.03)
    time.sleep(dice.uniform(0.0, 0.9))


def picture(here: Installation) -> dict[str, Any]:
    """Return what the register holds, by serial or name, in words that do not depend on ids or times."""
    with here.app.app_context():
        session = db.session()
        found: dict[str, Any] = {}
        for asset in session.scalars(select(Asset)):
            name = f"{asset.kind.value} {asset.serial or asset.name}"
            parts = {
                "name": asset.name,
                "os": asset.os_name,
                "memory": asset.memory_bytes,
                "interfaces": _names(session, Interface.name, Interface.asset_id, asset.id),
                "components": _names(session, Component.key, Component.asset_id, asset.id),
                "addresses": _names(session, Address.address, Address.asset_id, asset.id),
                "software": session.scalar(select(func.count()).where(SoftwareInstallation.asset_id == asset.id)),
                "observed": sorted(set(_names(session, ObservedValue.field, ObservedValue.asset_id, asset.id))),
            }
            found.setdefault(name, []).append(parts)
        return found


def _names(session: Any, column: Any, owner: Any, asset_id: int) -> list[str]:
    return sorted(str(value) for value in session.scalars(select(column).where(owner == asset_id)))


def count(here: Installation, sweep_id: int, reference: dict[str, Any]) -> dict[str, int]:
    """Return the figures of an ended sweep; all but ``addresses`` and ``assets`` must be 0."""
    here_now = picture(here)
    with here.app.app_context():
        session = db.session()
        run = session.get_one(Sweep, sweep_id)
        outcomes = list(session.scalars(select(TargetOutcome).where(TargetOutcome.sweep_id == sweep_id)))
        sightings = set(session.scalars(select(Sighting.id)))
        columns = Counter(outcome.result for outcome in outcomes)
        told = {
            "new": columns[TargetResult.NEW],
            "changed": columns[TargetResult.CHANGED],
            "same": columns[TargetResult.SAME] + columns[TargetResult.ALIAS],
            "undecided": columns[TargetResult.UNDECIDED],
            "unknown": columns[TargetResult.UNKNOWN],
            "refused": columns[TargetResult.REFUSED],
        }
        return {
            "addresses": len(outcomes),
            "assets": sum(len(rows) for rows in here_now.values()),
            "not finished": int(run.state is not SweepState.FINISHED),
            "doubled assets": sum(
                max(0, len(rows) - len(reference.get(name, rows))) for name, rows in here_now.items()
            ),
            "lost assets": len(set(reference) - set(here_now)),
            "made-up assets": len(set(here_now) - set(reference)),
            "half assets": sum(here_now[name] != rows for name, rows in reference.items() if name in here_now),
            "addresses twice": len(outcomes) - len({outcome.address for outcome in outcomes}),
            "half sightings": len(sightings ^ set(session.scalars(select(Identification.sighting_id))))
            + len(set(session.scalars(select(Match.sighting_id))) - sightings),
            "counts wrong": sum(getattr(run, name) != number for name, number in told.items()),
            "journal broken": int(not journal.verify(session).holds),
        }


def untouched(folder: Path, fleet: Fleet) -> tuple[dict[str, Any], int]:
    """Sweep the fleet once without killing anybody; return the picture and the number of outcomes.

    On a busy machine a device may be too slow to be read; then there is another try. Raises RuntimeError after three.
    """
    for attempt in range(3):
        here = Installation(folder / str(attempt))
        enter(here, fleet)
        sweep_id, _made = swept(here, kills=0, dice=random.Random(0))
        seen, addresses = picture(here), standing(here, sweep_id)[1]
        with here.app.app_context():
            answering = db.session.scalar(select(func.count(Asset.id)).where(Asset.parent_id.is_(None)))
        here.let_go()
        if answering == addresses:  # the chassis of a stack answer as one
            return seen, addresses
    raise RuntimeError("the fleet cannot be read as a whole: is the machine too busy?")
