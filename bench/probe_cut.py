"""Cut the line of a remote probe and kill it (SIGKILL) at random while it sweeps; count what was lost and what came twice.

    python -m bench.probe_cut                     # 5 rounds
    python -m bench.probe_cut --rounds 20 --seed 7

Every round is a sweep of the simulated fleet by a probe in a process of its own, through a TCP proxy in front of
PostgreSQL. The house and its worker run here. The reference is a sweep that nobody disturbs.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import flask_migrate
from sqlalchemy import select
from sqlalchemy.engine import make_url

from bench.tables import print_table
from itsm.app import create_app
from itsm.demo.fleet import Fleet
from itsm.discovery.enums import DeliveryState
from itsm.discovery.models import Network, Probe, ProbeDelivery, Sweep, TargetOutcome
from itsm.discovery.services import probes, sweeps
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor
from tests.discovery.remote.conftest import in_context, network_of
from tests.discovery.remote.live import Proxy, Site, until, worker
from tests.postgres import fresh_database, running_server

HOUSE = Actor.house()


def queue(app: Any) -> int:
    """Queue a sweep of every network."""
    with app.app_context(), transaction(HOUSE) as unit:
        networks = unit.session.scalars(select(Network)).all()
        return sweeps.queue_sweep(HOUSE, networks, now=unit.now).id


def state(app: Any, sweep_id: int) -> tuple[str, int]:
    """Return how a sweep is, and how many addresses came to something."""
    with app.app_context():
        session = db.session()
        found = session.get_one(Sweep, sweep_id, populate_existing=True)
        seen = session.scalars(select(TargetOutcome.address).where(TargetOutcome.sweep_id == sweep_id)).all()
        answer = found.state.value, len(seen)
        db.session.remove()
        return answer


def finished(app: Any, sweep_id: int) -> bool:
    """Say whether a sweep has ended."""
    return state(app, sweep_id)[0] not in ("queued", "running")


def addresses(app: Any, sweep_id: int) -> list[str]:
    """Return the address of every outcome of a sweep."""
    with app.app_context():
        wanted = select(TargetOutcome.address).where(TargetOutcome.sweep_id == sweep_id)
        found = list(db.session().scalars(wanted))
        db.session.remove()
        return found


def disturb(app: Any, site: Site, proxy: Proxy, sweep_id: int, dice: random.Random) -> Counter[str]:
    """Cut and kill until the sweep has ended; at most six disturbances, then it is left alone."""
    made: Counter[str] = Counter()
    for _ in range(6):
        time.sleep(dice.uniform(0.5, 4.0))
        if finished(app, sweep_id):
            break
        if dice.random() < 0.6:
            proxy.cut()
            made["cuts"] += 1
            time.sleep(dice.uniform(0.5, 5.0))
            if dice.random() < 0.5:
                site.kill()
                site.start()
                made["kills"] += 1
            proxy.restore()
        else:
            site.kill()
            site.start()
            made["kills"] += 1
    return made


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    dice = random.Random(chosen.seed)
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Fleet(Path(folder) / "fleet", net="127.43.21.0/24") as fleet,
        running_server() as server,
    ):
        url = fresh_database(server)
        app = create_app(load(data_dir=Path(folder), database_url=url, secret_key="bench"))
        proxy = Proxy(f"{make_url(url).query['host']}/.s.PGSQL.5432")
        site = Site(Path(folder) / "site")
        with app.app_context():
            flask_migrate.upgrade()
            with transaction(HOUSE) as unit:
                network = network_of(fleet, pace=25)
                given = {"organization_id": network.organization_id, "network_ids": [network.id]}
                new = probes.NewProbe(name="bench", host="127.0.0.1", port=proxy.port, **given)
                token = probes.invite(HOUSE, new, now=unit.now)[1]
            db.session.remove()
        with worker(app, in_context(app)):
            done = site.command("enrol", stdin=token)
            assert done.returncode == 0, done.stderr
            site.start()
            first = queue(app)
            until(lambda: finished(app, first), seconds=300)
            reference = set(addresses(app, first))
            for number in range(1, chosen.rounds + 1):
                sweep_id = queue(app)
                made = disturb(app, site, proxy, sweep_id, dice)
                until(lambda n=sweep_id: finished(app, n), seconds=300, otherwise=site.said)
                found = addresses(app, sweep_id)
                rows.append(
                    {
                        "round": number,
                        "cuts": made["cuts"],
                        "kills": made["kills"],
                        "ended": state(app, sweep_id)[0],
                        "addresses": len(found),
                        "lost": len(reference - set(found)),
                        "twice": len(found) - len(set(found)),
                    }
                )
                print_table(rows[-1:])
        site.kill()
        with app.app_context():
            refused = db.session().scalars(select(ProbeDelivery.id).where(ProbeDelivery.state == DeliveryState.REFUSED))
            print(f"{len(reference)} addresses answer; {len(refused.all())} deliveries were refused")
            with transaction(HOUSE) as unit:
                probes.revoke(HOUSE, unit.session.scalars(select(Probe)).one(), now=unit.now)
            db.session.remove()
            db.engine.dispose()
        proxy.close()
    print_table(rows)


if __name__ == "__main__":
    main()
