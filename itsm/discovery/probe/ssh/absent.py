"""What stands in for :mod:`~itsm.discovery.probe.ssh.modern` on a host without paramiko: SSH ends with a named reason."""

from __future__ import annotations

from typing import Any, NoReturn

from itsm.discovery.probe.budget import Stopped


def connect(*_given: Any, **_named: Any) -> NoReturn:
    """Say that there is no SSH here."""
    raise Stopped("no_ssh_here", "paramiko is not installed on the probe's host")


class ModernLink:
    """No connection."""

    @classmethod
    def open(cls, *_given: Any, **_named: Any) -> NoReturn:
        """Say that there is no SSH here."""
        connect()
