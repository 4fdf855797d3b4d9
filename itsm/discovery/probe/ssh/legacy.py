"""SSH with algorithms that are broken, for old switches that know no others: asyncssh, only where allowed.

paramiko has no SHA-1 any more.  Whoever sits on the path can read and change such a conversation, so it is
allowed credential by credential, and every report of it carries a warning.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from itsm.discovery.probe.budget import Meter, Stopped
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.link import Printed, Terminal
from itsm.discovery.probe.ssh.trust import fingerprint

try:
    import asyncssh
except ImportError:  # the extra legacy-ssh is not installed
    asyncssh = None  # type: ignore[assignment, unused-ignore]

T = TypeVar("T")
_ALGORITHMS: Final[dict[str, Any]] = {  # the best first, since a server may lack only one kind
    "kex_algs": [
        "curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1",
        "diffie-hellman-group-exchange-sha1", "diffie-hellman-group1-sha1",
    ],
    "server_host_key_algs": ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256", "ssh-rsa", "ssh-dss"],
    "encryption_algs": ["aes256-gcm@openssh.com", "aes256-ctr", "aes128-ctr", "aes256-cbc", "aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256", "hmac-sha1", "hmac-sha1-96", "hmac-md5"],
}  # fmt: skip


class LegacyLink:
    """A connection of asyncssh on an event loop of its own, in a thread of its own."""

    def __init__(self, address: str, port: int, meter: Meter, *, seconds: float) -> None:
        if asyncssh is None:
            raise Stopped("no_common_algorithm", "old algorithms need the extra legacy-ssh")
        self._address, self._port, self._meter, self._seconds = address, port, meter, seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection: Any = None
        self.host_key = ("", "")

    def wait(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """Run something on the loop and wait for it. Raises Stopped."""
        self._meter.check_time()
        bounded = asyncio.wait_for(work, min(seconds, self._meter.remaining))
        try:
            return asyncio.run_coroutine_threadsafe(bounded, self._loop).result()
        except TimeoutError:
            raise Stopped("budget_time") from None
        except asyncssh.PermissionDenied as error:
            raise Stopped("auth_failed", str(error)[:200]) from error
        except asyncssh.KeyExchangeFailed as error:
            raise Stopped("no_common_algorithm", str(error)[:200]) from error
        except (asyncssh.Error, OSError, EOFError) as error:
            raise Stopped("dropped", str(error)[:200]) from error

    def look(self) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Shake hands without logging in and return (banner, host keys). Raises Stopped."""
        options = asyncssh.SSHClientConnectionOptions(config=None, **_ALGORITHMS)
        asking = asyncssh.get_server_host_key(self._address, self._port, options=options)
        key = self.wait(asking, self._seconds)
        if key is None:
            raise Stopped("no_common_algorithm", "the server showed no host key")
        self.host_key = (key.get_algorithm(), fingerprint(key.public_data))
        return None, (self.host_key,)

    def login(self, login: SshLogin) -> None:
        """Connect anew, to the judged host key only, and show the credential. Raises Stopped."""
        expected = self.host_key[1]

        class Client(asyncssh.SSHClient):  # type: ignore[misc, unused-ignore]
            def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: Any) -> bool:
                return fingerprint(key.public_data) == expected

        try:
            keys = [asyncssh.import_private_key(login.key, login.key_passphrase)] if login.key else None
        except (ValueError, asyncssh.Error) as error:
            raise Stopped("bad_key", str(error)[:200]) from None
        connecting = asyncssh.connect(
            self._address, self._port, username=login.user, password=None if keys else login.password,
            client_keys=keys, known_hosts=b"", client_factory=Client, agent_path=None, config=None, **_ALGORITHMS,
        )  # fmt: skip
        self._connection = self.wait(_awaited(connecting), self._seconds)

    def run(self, command: str, *, seconds: float, octets: int) -> Printed:
        """Run one command; see :class:`~itsm.discovery.probe.ssh.link.Link`."""
        process = self.wait(self._connection.create_process(command, encoding=None), seconds)
        try:
            out = self.wait(self._read(process, octets), seconds)
            cut = "budget_bytes" if len(out) > octets else ""
        except Stopped as stopped:
            if stopped.reason != "budget_time":
                raise
            out, cut = b"", "budget_time"
        self._loop.call_soon_threadsafe(process.close)
        return Printed(out[:octets], b"", process.exit_status, cut)

    async def _read(self, process: Any, octets: int) -> bytes:
        out = bytearray()
        while len(out) <= octets and (piece := await process.stdout.read(65_536)):
            out += piece
            self._meter.spend(octets=len(piece))
        return bytes(out)

    def terminal(self) -> Terminal:
        """Open a shell. Raises Stopped."""
        opening = self._connection.create_process(
            term_type="vt100", term_size=(511, 1000), encoding=None, stderr=asyncssh.STDOUT
        )
        return _LegacyTerminal(self, self.wait(opening, self._seconds), self._meter)

    def close(self) -> None:
        """Close the connection and end the loop's thread."""
        if self._connection is not None:
            self._loop.call_soon_threadsafe(self._connection.abort)
        self._loop.call_soon_threadsafe(self._loop.call_later, 0.05, self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()


class _LegacyTerminal:
    def __init__(self, link: LegacyLink, process: Any, meter: Meter) -> None:
        self._link, self._process, self._meter = link, process, meter

    def send(self, text: str) -> None:
        async def write() -> None:
            self._process.stdin.write(text.encode())

        self._link.wait(write(), 10)

    def receive(self, seconds: float) -> bytes:
        async def read() -> bytes | None:
            try:
                return bytes(await asyncio.wait_for(self._process.stdout.read(65_536), seconds))
            except TimeoutError:
                return None

        data = self._link.wait(read(), seconds + 5)
        if data is None:
            return b""
        if not data:
            raise Stopped("dropped")
        self._meter.spend(octets=len(data))
        return data


async def _awaited(work: Any) -> Any:
    return await work
