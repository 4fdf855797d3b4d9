"""A server that answers faster than the client begins to wait is heard all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from itsm.demo.fleet import Fleet
from itsm.discovery.probe.budget import Limits, Meter
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.link import MeteredSocket
from itsm.discovery.probe.ssh.modern import ModernLink, connect


def test_many_logins_at_once_all_succeed(tmp_path: Path) -> None:
    with Fleet(tmp_path, net="127.44.3.0/24") as fleet:
        login = SshLogin("key", "inventory", (), key=fleet.secrets.ssh_key_file.read_text())

        def enter(name: str) -> str:
            meter = Meter(Limits(seconds=60.0, octets=1_000_000))
            link = ModernLink.open(
                MeteredSocket(connect(fleet.addresses[name], fleet.ssh_port, seconds=20), meter), seconds=20
            )
            try:
                link.login(login, seconds=20)
                return link.run("hostname", seconds=20, octets=1000).stdout.decode().strip()
            finally:
                link.close()

        names = [name for name, facts in fleet.world.devices.items() if facts.get("ssh") == "linux"] * 6
        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(enter, names)) == names
