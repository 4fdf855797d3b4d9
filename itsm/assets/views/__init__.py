"""The doors of the register for people."""

from flask import Flask

from itsm.assets.views import (
    belongings,
    bulk,
    catalogue,
    custody,
    custom_fields,
    detail,
    disagreements,
    editing,
    importing,
    labels,
    lookups,
    merging,
    models,
    network_map,
    precedence,
    register,
    saved,
    worklists,
)
from itsm.assets.views.blueprints import network_pages, register_pages, tag_pages

__all__ = [
    "belongings",
    "bulk",
    "catalogue",
    "custody",
    "custom_fields",
    "detail",
    "disagreements",
    "editing",
    "importing",
    "labels",
    "lookups",
    "merging",
    "models",
    "network_map",
    "precedence",
    "register",
    "register_doors",
    "saved",
    "worklists",
]


def register_doors(app: Flask) -> None:
    """Add the pages to the application."""
    app.register_blueprint(register_pages)
    app.register_blueprint(network_pages)
    app.register_blueprint(tag_pages)
