"""A site with the simulated fleet, and a network of it that a probe is to sweep."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.enums import CredentialKind
from itsm.discovery.models import Credential, Network, credential_network
from itsm.discovery.probe.remote.home import card
from itsm.discovery.services import probes
from itsm.discovery.services.orders import seal
from itsm.infra.db import db
from itsm.infra.unit import current_unit
from itsm.kernel.actor import Actor
from tests.factories.discovery import NetworkFactory

HOUSE = Actor.house()
NET = "127.43.21.0/24"
FEW = "127.43.21.1-127.43.21.63"
"""Enough of it for most tests."""


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder), net=NET) as running:
        yield running


@pytest.fixture(autouse=True)
def today(request: pytest.FixtureRequest) -> None:
    """Orders carry real times: the probe lives in a process whose clock is the world's."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")  # it sets the clock to its own time first
        request.getfixturevalue("clock").moment = datetime.now(UTC)


def network_of(fleet: Fleet, *, probe: str = "", **more: Any) -> Network:
    """Return a network with the fleet's community bound to it."""
    session = current_unit().session
    given = {"ranges": [FEW], "snmp_port": fleet.port, "ssh_port": fleet.ssh_port, "pace": 4000, **more}
    organization = session.scalars(select(Network.organization_id).limit(1)).first()
    if organization is not None:
        given |= {"organization_id": organization, "organization": None}
    network = NetworkFactory(probe=probe, **given)
    row = Credential(
        organization_id=network.organization_id,
        name=f"read only {network.id}",
        kind=CredentialKind.SNMP_COMMUNITY,
        options={"snmp_version": "2c"},
        sealed="",
    )
    session.add(row)
    session.flush()
    row.sealed = seal(row, {"secret": COMMUNITY})
    session.execute(credential_network.insert().values(credential_id=row.id, network_id=network.id))
    return network


def house_card() -> str:
    """Return what the pages show of this installation's keys."""
    return card("here", probes.house_keys(current_unit().session))


def in_context(app: Any) -> Any:
    """Return the wrapper in which a worker runs jobs."""

    def wrap(call: Any) -> Any:
        with app.app_context():
            try:
                return call()
            finally:
                db.session.remove()

    return wrap


def run_jobs(app: Any) -> None:
    """Run what is due, as the house's worker does."""
    app.extensions["itsm.jobs"].run_due(wrap=in_context(app))
