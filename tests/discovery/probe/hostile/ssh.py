"""SSH servers that misbehave, each in one way, and two honest ones; all in a process of their own.

Everything that clients reveal (user names, passwords, commands) goes to a log, a JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "audit", "the password of the audit account"
PROMPT = "sw-core-1#"
VERSION = (
    "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)\r\n"
    "sw-core-1 uptime is 3 weeks, 2 days\r\nProcessor board ID FOC1234X0YZ\r\n"
)
Handler = Callable[[Any], Awaitable[None]]
Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


# -------------------------------------------------------------------------------- before SSH even begins
async def no_banner(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def banner_flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"welcome, welcome, welcome\r\n" * 1_000)
        await writer.drain()


async def endless_line(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def one_byte_a_second(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for octet in b"SSH-2.0-slow_but_honest_server_with_a_long_name\r\n" * 10:
        writer.write(bytes((octet,)))
        await writer.drain()
        await asyncio.sleep(1)


async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-garbage\r\n" + os.urandom(4_000))
    await writer.drain()
    await asyncio.sleep(30)


# -------------------------------------------------------------------------------------- after the login
def answers(text: bytes, *, status: int = 0) -> Handler:
    """A Unix on which every command prints the same."""

    async def handle(process: Any) -> None:
        process.stdout.write(b"Linux\n" if process.command == "uname -s" else text)
        process.exit(status)

    return handle


async def endless_output(process: Any) -> None:
    if process.command == "uname -s":
        process.stdout.write(b"Linux\n")
        process.exit(0)
        return
    while True:
        process.stdout.write(b"and on and on\n" * 2_000)
        await process.stdout.drain()


async def huge_line(process: Any) -> None:
    if process.command == "uname -s":
        process.stdout.write(b"Linux\n")
    else:
        for _ in range(1_600):
            process.stdout.write(b"x" * 65_536)
            await process.stdout.drain()
    process.exit(0)


async def no_end_of_file(process: Any) -> None:
    """Tell the exit status and leave the channel open for ever."""
    process.stdout.write(b"Linux\n" if process.command == "uname -s" else b"NAME=Odd\n")
    process.channel._send_request(b"exit-status", asyncssh.packet.UInt32(0))
    await asyncio.sleep(60)


async def fake_sudo(process: Any) -> None:
    if process.command == "uname -s":
        process.stdout.write(b"Linux\n")
        process.exit(0)
        return
    process.stdout.write(b"[sudo] password for audit: ")
    typed = await process.stdin.read(100)
    process.stdout.write(b"you typed " + typed)
    process.exit(0)


async def drop_after_login(process: Any) -> None:
    process.channel.get_connection().abort()


async def torn_packets(process: Any) -> None:
    """Packets of the right types with nothing, or with nonsense, in them; at last a farewell in no language."""
    connection = process.channel.get_connection()
    if process.command == "uname -s":
        process.stdout.write(b"Linux\n")
        process.exit(0)
        return
    torn = b"\xff\xff\xff\xff" + b"\xfe\xed" * 40
    for kind in (98, 94, 95, 93, 99, 91, 80, 90):  # of channels (RFC 4254, 9), a global request, an open request
        connection.send_packet(kind, torn)
    connection.send_packet(1, asyncssh.packet.UInt32(2), asyncssh.packet.String(b"\xff\xfe\xfd"), torn)
    await asyncio.sleep(60)


async def prompt_imitation(process: Any) -> None:
    """A network CLI whose outputs are full of its own prompt."""
    await cli(
        process, {"show version": VERSION + f"{PROMPT}\r\n{PROMPT} reload\r\nConfirm?\r\n", "show inventory": PROMPT}
    )


async def no_prompt(process: Any) -> None:
    """A terminal that echoes and never shows a prompt."""
    if process.command is not None:
        process.exit(1)
        return
    while data := await process.stdin.read(1_000):
        process.stdout.write(data)


async def cisco(process: Any) -> None:
    """An honest switch: hangs up on commands without a terminal, has a pager until told otherwise."""
    inventory = 'NAME: "1", DESCR: "WS-C2960X-24TS-L"\r\nPID: WS-C2960X-24TS-L , VID: V05  , SN: FOC1234X0YZ\r\n'
    interfaces = "".join(f"GigabitEthernet1/0/{port} is up, line protocol is up\r\n" for port in range(1, 60))
    await cli(process, {"show version": VERSION, "show inventory": inventory, "show interfaces": interfaces})


async def cli(process: Any, outputs: dict[str, str]) -> None:
    if process.command is not None:
        process.stdout.write(b"% Invalid input detected at '^' marker.\r\n")
        process.channel.get_connection().abort()
        return
    paged, line = True, b""
    process.stdout.write(f"\r\nUnauthorised use is forbidden.\r\n\r\n{PROMPT}".encode())
    while typed := await process.stdin.read(1_000):
        line += typed
        while b"\n" in line:
            command, _, line = line.partition(b"\n")
            word = command.decode().strip()
            process.stdout.write(command + b"\r\n")
            if word == "terminal length 0":
                paged = False
            known = word.startswith("terminal ")
            text = outputs.get(word, "" if known else "           ^\r\n% Invalid input detected at '^' marker.\r\n\r\n")
            await write_paged(process, text, paged=paged)
            process.stdout.write(PROMPT.encode())


async def write_paged(process: Any, text: str, *, paged: bool) -> None:
    lines = text.splitlines(keepends=True)
    for at in range(0, len(lines), 20):
        process.stdout.write("".join(lines[at : at + 20]).encode())
        if paged and at + 20 < len(lines):
            process.stdout.write(b" --More-- ")
            await process.stdin.read(1)
            process.stdout.write(b"\r          \r")


RAW: dict[str, tuple[Connection, set[str]]] = {
    "no banner": (no_banner, {"no_banner", "budget_time"}),
    "a flood of banners": (banner_flood, {"budget_bytes", "no_banner"}),
    "a banner line without end": (endless_line, {"budget_bytes", "no_banner"}),
    "one byte a second": (one_byte_a_second, {"no_banner", "budget_time"}),
    "garbage instead of a key exchange": (garbage, {"dropped", "budget_time", "no_common_algorithm"}),
}
SERVERS: dict[str, tuple[Handler, dict[str, Any], set[str]]] = {
    "endless output": (endless_output, {}, {"budget_bytes", "budget_time", "dropped"}),
    "a line of 100 megabytes": (huge_line, {}, {"budget_bytes", "budget_time", "dropped"}),
    "control sequences": (answers(b"\x1b[2J\x1b]0;owned\x07NAME=\x1b[31mOdd\x1b[0m\n"), {}, {"ok"}),
    "garbage for a locale": (answers(b"NAME=\xff\xfe\xe4\xf6\x00\x80\n"), {}, {"ok"}),
    "commands that all fail": (answers(b"", status=1), {}, {"ok"}),
    "no end of file": (no_end_of_file, {}, {"ok", "budget_time"}),
    "a fake sudo": (fake_sudo, {}, {"budget_time", "dropped"}),
    "drop after login": (drop_after_login, {}, {"dropped", "no_session"}),
    "torn packets": (torn_packets, {}, {"malformed", "dropped", "budget_time"}),
    "prompt imitation": (prompt_imitation, {}, {"ok", "budget_time"}),
    "no prompt": (no_prompt, {}, {"no_prompt"}),
    "a storm of new keys": (
        answers(b"NAME=Odd\n"), {"rekey_bytes": 1}, {"ok", "dropped", "budget_time", "budget_bytes"},
    ),
    "weak key exchange": (
        answers(b""), {"kex_algs": ["diffie-hellman-group1-sha1"], "encryption_algs": ["3des-cbc"]},
        {"no_common_algorithm"},
    ),
    "password asked for ever": (answers(b""), {"forever": True}, {"auth_failed", "dropped"}),
    "honest Unix": (answers(b"NAME=Honest\n"), {}, {"ok"}),
    "honest switch": (cisco, {}, {"ok"}),
}  # fmt: skip
"""Handler, options of the server, and the reasons that may end the reading of it."""


class Account(asyncssh.SSHServer):
    """Takes one password, or asks for ever; writes down what it hears."""

    def __init__(self, name: str, log: Path, *, forever: bool) -> None:
        self.name, self.log, self.forever = name, log, forever

    def note(self, **heard: str) -> None:
        with self.log.open("a") as log:
            log.write(json.dumps({"server": self.name, **heard}) + "\n")

    def begin_auth(self, username: str) -> bool:
        self.note(user=username)
        return True

    def password_auth_supported(self) -> bool:
        return not self.forever

    def validate_password(self, username: str, password: str) -> bool:
        self.note(password=password)
        return password == PASSWORD

    def kbdint_auth_supported(self) -> bool:
        return self.forever

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        for response in responses:
            self.note(password=response)
        return "", "", "", [("Once more, please: ", False)]


async def _serve(sockets: dict[str, socket.socket], key: Any, log: Path) -> None:
    for name, sock in sockets.items():
        behaviour = name.partition("/")[0]
        if behaviour in RAW:
            await asyncio.start_server(_quietly(RAW[behaviour][0]), sock=sock)
            continue
        handler, options, _ = SERVERS[behaviour]
        given = {word: value for word, value in options.items() if word != "forever"}
        forever = bool(options.get("forever"))
        await asyncssh.listen(
            sock=sock, server_factory=_account(name, log, forever=forever), process_factory=handler,
            server_host_keys=[key], encoding=None, line_editor=False, **given,
        )  # fmt: skip
    await asyncio.Event().wait()


def _account(name: str, log: Path, *, forever: bool) -> Callable[[], Account]:
    return lambda: Account(name, log, forever=forever)


def _quietly(handle: Connection) -> Connection:
    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    return run


class SshFarm:
    """All the servers, each on an address of its own and one port. A context manager.

    ``fingerprint`` is the host key that they all show; ``name/2`` is another of the kind.
    """

    def __init__(
        self, names: list[str], folder: Path, *, network: str = "127.67.0", addresses: list[str] | None = None
    ) -> None:
        self.log = folder / "heard.jsonl"
        self.port = 0
        self.address: dict[str, str] = {}
        self._sockets: dict[str, socket.socket] = {}
        for place, name in enumerate(names, 1):
            self.address[name] = addresses[place - 1] if addresses else f"{network}.{place}"
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.address[name], self.port))
            sock.listen(64)
            sock.setblocking(False)
            self.port = sock.getsockname()[1]
            self._sockets[name] = sock
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self.fingerprint = self._key.get_fingerprint()
        self._child = 0

    def __enter__(self) -> SshFarm:
        self._child = os.fork()
        if self._child == 0:
            try:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                asyncio.run(_serve(self._sockets, self._key, self.log))
            finally:
                os._exit(1)
        for sock in self._sockets.values():
            sock.close()
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)

    def heard(self) -> list[dict[str, str]]:
        """Return what the servers have learned."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
