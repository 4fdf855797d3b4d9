"""Fixtures that every test may use."""

from tests.application import app, clock, house, pytest_addoption, pytest_generate_tests, reading, statements, work
from tests.people import anonymous, sign_in
from tests.postgres import postgres_url
from tests.smtp import smtp_sink

__all__ = [
    "anonymous",
    "app",
    "clock",
    "house",
    "postgres_url",
    "pytest_addoption",
    "pytest_generate_tests",
    "reading",
    "sign_in",
    "smtp_sink",
    "statements",
    "work",
]
