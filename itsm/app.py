"""The composition root: builds the application, registers the doors, subscribes the listeners.

Nothing imports this module but entry points (``wsgi.py``, ``itsm/cli``) and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, g
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine
from sqlalchemy.orm import configure_mappers

import itsm.assets.models
import itsm.discovery.models
import itsm.fields.models
import itsm.infra.search
import itsm.insight.causes.models
import itsm.notifications.models
import itsm.tickets.models
from itsm import accounts, attachments, insight, notifications, org, tickets
from itsm.discovery import registration as discovery
from itsm.infra import housekeeping, sealing
from itsm.infra.bus import DELIVER, Bus
from itsm.infra.db import db, engine_options, prepare_engine
from itsm.infra.files import FileStore
from itsm.infra.jobs.engine import Jobs
from itsm.infra.keys import kept_secret
from itsm.infra.settings import Settings
from itsm.kernel.actor import new_request_id
from itsm.kernel.clock import Clock, SystemClock
from itsm.web import (
    assets,
    converters,
    filters,
    furniture,
    gate,
    health,
    page,
    refusals,
    search,
    security,
    styleguide,
    templating,
)
from itsm.web.htmx import htmx

ROOT = Path(__file__).resolve().parent.parent
csrf = CSRFProtect()
migrate = Migrate(render_as_batch=True, compare_type=True)


Register = Callable[[Flask, Bus], None]


def create_app(settings: Settings, *, clock: Clock | None = None, extra: Sequence[Register] = ()) -> Flask:
    """Return the application for these settings. Raises RuntimeError where a route does not say who may use it.

    ``extra`` registers rooms above this one (the demonstration).
    """
    app = Flask(
        "itsm",
        template_folder=str(_folder("templates")),
        static_folder=str(_folder("static")),
        static_url_path="/static",
    )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.config.update(
        SECRET_KEY=settings.secret_key or kept_secret(settings.data_dir / "secret.key"),
        SQLALCHEMY_DATABASE_URI=settings.url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.url),
        TEMPLATES_AUTO_RELOAD=settings.development,
    )
    app.jinja_environment = templating.Environment
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["itsm.settings"] = settings
    app.extensions["itsm.clock"] = clock or SystemClock()
    _infrastructure(app)
    _web(app, settings)
    _features(app, app.extensions["itsm.bus"])
    for register in extra:
        register(app, app.extensions["itsm.bus"])
    gate.guard(app)
    return app


def _folder(name: str) -> Path:
    """Return a top-level folder: beside the package in a checkout, inside it in a wheel."""
    beside = ROOT / name
    return beside if beside.is_dir() else Path(__file__).resolve().parent / f"_{name}"


def _infrastructure(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(_folder("migrations")))
    with app.app_context():
        engine: Engine = db.engine
        prepare_engine(engine)
    jobs = Jobs(app.extensions["itsm.settings"].url, clock=app.extensions["itsm.clock"])
    bus = Bus(jobs.enqueue_all)
    jobs.task(name=DELIVER)(bus.deliver)
    app.extensions["itsm.jobs"] = jobs
    app.extensions["itsm.bus"] = bus
    settings: Settings = app.extensions["itsm.settings"]
    app.extensions["itsm.files"] = FileStore(settings.data_dir / "files", settings.upload_limit_mb * 1024 * 1024)
    sealing.register(app, settings)
    housekeeping.register(app)


def _web(app: Flask, settings: Settings) -> None:
    converters.register(app)
    csrf.init_app(app)
    htmx.init_app(app)
    security.register(app, settings)
    refusals.register(app)
    filters.register(app)
    assets.register(app)
    page.register(app, settings)
    furniture.register(app)
    health.register(app)
    search.register(app)
    if settings.development:
        styleguide.register(app)

    @app.before_request
    def begin() -> None:
        g.request_id = new_request_id()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _features(app: Flask, bus: Bus) -> None:
    """Register every feature's doors and listeners, from the lowest floor up."""
    features: tuple[Any, ...] = (accounts, org, attachments, itsm.assets, tickets, discovery, insight, notifications)
    for feature in features:
        feature.register(app, bus)
    configure_mappers()  # before threads share them
