"""Numbers in addresses: those that no row can have are simply not found."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from itsm.kernel.numbers import LARGEST


class RowNumber(IntegerConverter):
    """``<int:…>``: a whole number from 0 to the largest id."""

    def __init__(self, map: Map, **options: Any) -> None:
        options["max"] = min(options.get("max") or LARGEST, LARGEST)
        super().__init__(map, **options)


def register(app: Flask) -> None:
    """Make ``<int:…>`` bounded in every route; call before routes are added."""
    app.url_map.converters["int"] = RowNumber
