"""Fixtures for the tests of infra: real servers on loopback."""

from tests.smtp import smtp_sink

__all__ = ["smtp_sink"]
