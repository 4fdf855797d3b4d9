"""Logs: one line an event, as text for people or JSON for machines; control characters never reach the terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from itsm.infra.settings import Settings
from itsm.kernel.text import many_lines


def configure(settings: Settings) -> None:
    """Set up structlog for the process; standard logging joins at the same level, on standard error."""
    level = getattr(logging, settings.log_level.upper())
    logging.basicConfig(stream=sys.stderr, level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    for noisy in ("mail.log", "paramiko", "asyncssh", "procrastinate", "httpx", "alembic"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    last: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _clean,
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _clean(_logger: Any, _method: str, event: Any) -> Any:
    for name, value in event.items():
        if isinstance(value, str) and name != "exception":
            event[name] = many_lines(value, 2000).replace("\n", "\\n")
    return event
