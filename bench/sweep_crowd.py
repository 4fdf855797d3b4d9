"""One sweep over ten thousand simulated devices into a database, and a second that must change nothing.

    python -m bench.sweep_crowd [--devices 10000] [--database postgresql|sqlite] [--pace 2000] [--profile FILE]

The devices answer SNMP in a process of their own, the product's worker sweeps and reconciles in another, and its server
shows the running sweep, whose page is asked for every two seconds. Prints one table: seconds, what the sweep came to,
the worker's CPU time and largest memory, and what the page cost meanwhile. Loopback only.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bench.tables import print_table
from bench.web_server import TICKS, open_for
from itsm.accounts.models import RoleGrant
from itsm.assets.models import Asset, Interface
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.enums import CredentialKind, SweepState
from itsm.discovery.models import Network, Sighting, Sweep
from itsm.discovery.services.networks import CredentialFacts, NetworkFacts, save_credential, save_network
from itsm.discovery.services.sweeps import queue_sweep
from itsm.infra.db import db
from itsm.infra.unit import transaction
from itsm.kernel.actor import Actor, Door, Role
from tests.factories.accounts import UserAccountFactory
from tests.factories.org import OrganizationFactory
from tests.kill.installation import Installation
from tests.kill.stages import databases

HOUSE = Actor.house(Door.CLI)
NET = "127.64.0.0/18"
ENDED = (SweepState.FINISHED, SweepState.FAILED, SweepState.CANCELLED)
LIMIT = 3600.0


@contextlib.contextmanager
def crowd(count: int, folder: Path) -> Iterator[int]:
    """Run the devices in a process of their own; give their port."""
    ready = folder / "ready"
    command = [sys.executable, "-m", "itsm.demo.fleet", "--count", str(count), "--net", NET, "--port", "0"]
    process = subprocess.Popen([*command, "--ready-file", str(ready), "--parent-pid", str(os.getpid())])
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError("the devices did not start")
            time.sleep(0.1)
        yield json.loads(ready.read_text())["port"]
    finally:
        process.terminate()
        process.wait()


def enter(here: Installation, port: int, count: int, pace: int) -> None:
    """Enter the devices' network and its community."""
    last = f"127.64.{count // 256}.{count % 256}"
    with here.app.app_context(), transaction(HOUSE):
        company = OrganizationFactory()
        facts = CredentialFacts(
            name="Read only",
            kind=CredentialKind.SNMP_COMMUNITY,
            options={"snmp_version": "2c"},
            secrets={"secret": COMMUNITY},
        )
        credential = save_credential(HOUSE, None, company.id, facts)
        columns = {"name": "Crowd", "ranges": [f"127.64.0.1-{last}"], "exclusions": [], "location_id": None}
        columns |= {"pace": pace, "snmp_port": port, "ssh_port": 22, "enabled": True}
        save_network(HOUSE, None, company.id, NetworkFacts(columns=columns, credential_ids=[credential.id]))


def visitor(here: Installation) -> str:
    """Make an administrator and return the cookie of a session."""
    with here.app.app_context():
        with transaction(HOUSE) as unit:
            account = UserAccountFactory()
            unit.session.add(RoleGrant(user_id=account.id, role=Role.ADMINISTRATOR))
            user_id = account.id
        return open_for(here.app, user_id)


def sweep(here: Installation, worker_pid: int, cookie: str) -> dict[str, Any]:
    """Queue one sweep, wait for its end, and return its figures."""
    with here.app.app_context(), transaction(HOUSE) as unit:
        networks = unit.session.scalars(select(Network)).all()
        sweep_id = queue_sweep(HOUSE, networks, now=unit.now).id
    before, began = cpu_seconds(worker_pid), time.monotonic()
    looks: list[float] = []
    done = threading.Event()
    looker = threading.Thread(target=look, args=(here, sweep_id, cookie, looks, done), daemon=True)
    looker.start()
    while True:
        time.sleep(0.25)
        with here.app.app_context():
            db.session.rollback()
            state, *counts = db.session.execute(
                select(Sweep.state, Sweep.new, Sweep.changed, Sweep.same, Sweep.undecided, Sweep.unknown, Sweep.error)
                .where(Sweep.id == sweep_id)
            ).one()  # fmt: skip
        took = time.monotonic() - began
        if state in ENDED:
            break
        if took > LIMIT:
            raise RuntimeError(f"the sweep stays {state}")
    done.set()
    looker.join()
    with here.app.app_context():
        rows = {model.__tablename__: db.session.scalar(select(func.count(model.id))) for model in (Asset, Interface)}
        sightings = db.session.scalar(select(func.count(Sighting.id)))
    names = ("new", "changed", "same", "undecided", "unknown", "error")
    return {
        "state": state.value,
        "seconds": round(took, 1),
        "worker CPU s": round(cpu_seconds(worker_pid) - before, 1),
        "worker peak MiB": peak_mib(worker_pid),
        **dict(zip(names, counts, strict=True)),
        "assets": rows["asset"],
        "interfaces": rows["interface"],
        "sightings": sightings,
        "page median / worst ms": f"{median(looks):.0f} / {max(looks):.0f} of {len(looks)}" if looks else "",
    }


def look(here: Installation, sweep_id: int, cookie: str, looks: list[float], done: threading.Event) -> None:
    """Ask for the page of the running sweep every two seconds, and keep the milliseconds."""
    while not done.wait(2.0):
        line = http.client.HTTPConnection("127.0.0.1", here.port, timeout=30)
        with contextlib.closing(line):
            began = time.perf_counter()
            line.request("GET", f"/discovery/sweeps/{sweep_id}", headers={"Cookie": cookie})
            answer = line.getresponse()
            body = answer.read()
            if answer.status != 200 or b"sweep" not in body.lower():
                raise RuntimeError(f"the page answered {answer.status}")
            looks.append((time.perf_counter() - began) * 1000)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def peak_mib(pid: int) -> int:
    """Return the largest resident memory of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    """Sweep twice and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--pace", type=int, default=2000)
    parser.add_argument("--profile", type=Path, help="write the worker's profile there (slows it down)")
    chosen = parser.parse_args()
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        crowd(chosen.devices, Path(name)) as port,
        databases(chosen.database) as kinds,
    ):
        here = Installation(Path(name) / "data", kinds[-1][1]())
        enter(here, port, chosen.devices, chosen.pace)
        cookie = visitor(here)
        here.let_go()
        module = ["bench.profiled_worker", str(chosen.profile)] if chosen.profile else ["itsm.cli", "worker"]
        with here.running("itsm.cli", "serve") as server, here.running(*module) as worker:
            here.wait_until_served(server)
            for place in ("first", "second"):
                rows.append({"sweep": place, "database": chosen.database, **sweep(here, worker.pid, cookie)})
                print_table(rows[-1:])
            worker.terminate()
            worker.wait()
        here.let_go()


if __name__ == "__main__":
    main()
