"""An installation whose database account is no superuser: it may make roles for its probes, or is told what it lacks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import flask_migrate
import psycopg
import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import select
from sqlalchemy.engine import make_url

from itsm.app import create_app
from itsm.discovery.models import Network, Probe
from itsm.discovery.probe.remote import home
from itsm.discovery.services import probes
from itsm.infra.db import db
from itsm.infra.settings import load
from itsm.infra.unit import Unit, transaction
from itsm.kernel.clock import FixedClock
from itsm.kernel.errors import RuleBroken
from tests.application import NOON, only
from tests.discovery.remote.conftest import HOUSE
from tests.factories.discovery import NetworkFactory
from tests.postgres import admin_connection, drop_database

_numbers = itertools.count(1)


@pytest.fixture
def owned(postgres_url, tmp_path) -> Iterator[Callable[[str], Flask]]:
    """Give what makes an installation on a database that an account with these attributes owns."""
    made: list[tuple[Flask, str]] = []

    def make(attributes: str) -> Flask:
        owner = f"installer_{next(_numbers)}"
        with admin_connection(postgres_url) as server:
            server.execute(f"CREATE ROLE {owner} LOGIN NOSUPERUSER {attributes}")
            server.execute(f"CREATE DATABASE {owner} OWNER {owner}")
        url = make_url(postgres_url).set(username=owner, database=owner).render_as_string(hide_password=False)
        folder = tmp_path / owner
        folder.mkdir()
        settings = load(data_dir=folder, database_url=url, base_url="http://localhost", secret_key="tests only")
        app = create_app(settings, clock=FixedClock(NOON))
        made.append((app, owner))
        with app.app_context():
            flask_migrate.upgrade()
            db.session.remove()
        return app

    yield make
    for app, owner in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        drop_database(make_url(postgres_url).set(database=owner).render_as_string(hide_password=False))
        with admin_connection(postgres_url) as server:
            for (role,) in server.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", (f"{owner}%",)):
                server.execute(f'DROP ROLE "{role}"')


@contextmanager
def work(app: Flask) -> Iterator[Unit]:
    with app.app_context(), transaction(HOUSE) as unit:
        yield unit


def invite(unit: Unit, name: str = "berlin") -> tuple[Probe, str]:
    network = NetworkFactory()
    new = probes.NewProbe(
        name=name, organization_id=network.organization_id, network_ids=[network.id], host="127.0.0.1", port=1
    )
    return probes.invite(HOUSE, new, now=unit.now)


def line_of(app: Flask, token: str) -> psycopg.Connection:
    told = home.read_token(token)
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    return psycopg.connect(
        host=str(url.query["host"]), dbname=url.database, user=told["role"], password=told["password"], autocommit=True
    )


def test_an_owner_that_may_make_roles_gives_takes_and_renews_them(owned):
    app = owned("CREATEROLE")
    with work(app) as unit:
        token = invite(unit)[1]
    with line_of(app, token) as line:
        assert line.execute("SELECT count(*) FROM sweep_part").fetchone() == (0,)
        for refused in ("SELECT * FROM asset", "CREATE ROLE mine", "DELETE FROM probe_delivery"):
            with pytest.raises(InsufficientPrivilege):
                line.execute(refused)
    with work(app) as unit:
        berlin = only(unit.session.scalars(select(Probe)))
        renewed = probes.invite_again(HOUSE, berlin, host="127.0.0.1", port=1, now=unit.now)
    line = line_of(app, renewed)
    with work(app) as unit:
        probes.revoke(HOUSE, only(unit.session.scalars(select(Probe))), now=unit.now)
    with pytest.raises(psycopg.OperationalError, match=r"terminating connection|closed the connection"):
        line.execute("SELECT 1")
    line.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        line_of(app, renewed)
    with work(app) as unit:
        assert unit.session.connection().exec_driver_sql("SELECT count(*) FROM pg_policies").scalar() == 0


def test_an_owner_that_may_not_is_told_who_can_help_and_nothing_is_left_behind(owned):
    app = owned("NOCREATEROLE")
    with (
        pytest.raises(RuleBroken, match=r"may not make roles.* ALTER ROLE installer_\d+ CREATEROLE"),
        work(app) as unit,
    ):
        invite(unit)
    with work(app) as unit:
        assert unit.session.scalars(select(Probe.id)).all() == []
        assert unit.session.scalars(select(Network.id)).all() == []
