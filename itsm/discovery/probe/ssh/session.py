"""One host over SSH from the first octet to the last output. Blocking; a sweep runs it in a thread."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from itsm.discovery.probe.budget import Limits, Meter, Stopped
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.commands import IDENTIFY, MIKROTIK, UNIX, ReadOnly, families_of
from itsm.discovery.probe.ssh.link import Link, MeteredSocket, Printed
from itsm.discovery.probe.ssh.modern import ModernLink, connect
from itsm.discovery.probe.ssh.shell import Shell, read_cli
from itsm.discovery.probe.ssh.terminal import decoded
from itsm.discovery.probe.ssh.trust import AccountGuard, Pins
from itsm.discovery.wire import CommandOutput, Stage

_LEGACY_WARNING = "broken algorithms were allowed for this credential"
_NETWORK_BANNERS = ("cisco", "comware", "huawei", "rosssh", "hp ", "mocana", "arista", "forti", "aruba", "rgos")
_COMMAND_OCTETS = 4_000_000


@dataclass(frozen=True, slots=True)
class SshOrder:
    """How hosts are asked over SSH; shared by a whole sweep."""

    port: int = 22
    pins: Pins = field(default_factory=Pins)
    guard: AccountGuard = field(default_factory=AccountGuard)
    limits: Limits = field(default_factory=lambda: Limits(seconds=120.0, octets=32_000_000))
    seconds: float = 10.0
    """For each step: connect, handshake, authentication."""
    command_seconds: float = 20.0
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set it to end every conversation of the sweep within a fraction of a second."""
    only: frozenset[str] = frozenset()
    """Kinds of commands to run; empty for all."""


@dataclass(slots=True)
class SshReading:
    """What one host told over SSH. The stage says how it ended; outputs are kept whatever the end was."""

    stage: Stage = Stage("ssh", "silent")
    outputs: list[CommandOutput] = field(default_factory=list)
    host_keys: tuple[tuple[str, str], ...] = ()
    banner: str | None = None
    credential: str | None = None
    partial: bool = False


def read_ssh(address: str, logins: Sequence[SshLogin], order: SshOrder) -> SshReading:
    """Read a host over SSH; never raises for what the host does."""
    meter = Meter(order.limits, stopped=order.cancelled.is_set)
    reading = SshReading()
    conversation = _Conversation(address, order, meter, reading)
    reason, detail = "ok", ""
    try:
        conversation.read(logins)
        detail = conversation.warning
    except Stopped as stopped:
        reason, detail = stopped.reason, stopped.detail
    except Exception as error:  # paramiko hands on whatever its reading thread tripped over in a hostile packet
        reason, detail = "malformed", f"{type(error).__name__}: {error}"
    reading.partial = bool(reading.outputs) and (
        reason != "ok" or any(one.stderr.startswith("cut: ") for one in reading.outputs)
    )
    reading.stage = Stage("ssh", reason, round(meter.elapsed * 1000), meter.octets, meter.packets, detail[:300])
    return reading


class _Conversation:
    def __init__(self, address: str, order: SshOrder, meter: Meter, reading: SshReading) -> None:
        self.address, self.order, self.meter, self.reading = address, order, meter, reading
        self.warning = ""

    def read(self, logins: Sequence[SshLogin]) -> None:
        """Look at the host key, then log in with the first login that works, then ask."""
        failed: Stopped | None = None
        choices: Sequence[SshLogin | None] = logins or [None]
        for login in choices:
            try:
                link = self._open(login)
            except Stopped as stopped:
                failed = stopped
                if stopped.reason in ("auth_failed", "bad_key", "account_guard"):
                    continue
                raise
            if login is not None:
                self._ask(link, login)
            return
        raise failed or Stopped("no_credential", "the host key was looked at, no login is allowed here")

    def _open(self, login: SshLogin | None) -> Link:
        """Return an authenticated link. Nothing of the login is shown before the host key is accepted."""
        try:
            link = self._shake_hands()
        except Stopped as stopped:
            if stopped.reason == "no_common_algorithm" and login is not None and login.legacy:
                return self._open_legacy(login)
            raise
        try:
            self.order.pins.judge(self.address, link.host_key[1])
            if login is None:
                raise Stopped("no_credential", "no login is allowed here")
            with self._guarded(login) as accepted:
                link.login(login, seconds=self.order.seconds)
                accepted.append(True)
        except BaseException:
            link.close()
            raise
        self.reading.credential = login.reference
        return link

    def _shake_hands(self) -> ModernLink:
        sock = connect(self.address, self.order.port, seconds=self.order.seconds)
        link = ModernLink.open(MeteredSocket(sock, self.meter), seconds=self.order.seconds)
        self.reading.banner = link.banner
        try:
            self.reading.host_keys = (link.host_key,)
        except BaseException:
            link.close()
            raise
        return link

    def _guarded(self, login: SshLogin) -> AbstractContextManager[list[bool]]:
        if login.key:
            return nullcontext([])
        return self.order.guard.attempt(login.reference, self.order.seconds)

    def _open_legacy(self, login: SshLogin) -> Link:
        from itsm.discovery.probe.ssh.legacy import LegacyLink  # asyncssh costs every start a third of a second

        self.warning = _LEGACY_WARNING
        link = LegacyLink(self.address, self.order.port, self.meter, seconds=self.order.seconds)
        try:
            self.reading.banner, self.reading.host_keys = link.look()
            self.order.pins.judge(self.address, link.host_key[1])
            with self._guarded(login) as accepted:
                link.login(login)
                accepted.append(True)
        except BaseException:
            link.close()
            raise
        self.reading.credential = login.reference
        return link

    def _ask(self, link: Link, login: SshLogin) -> None:
        """Run what the host's kind can answer; a CLI gets a connection of its own, since some hang up before."""
        try:
            if self._ask_without_terminal(link, login):
                return
        finally:
            link.close()
        link = self._open(login)
        try:
            read_cli(Shell(link.terminal(), seconds=self.order.command_seconds), self.reading.outputs, self.order.only)
        finally:
            link.close()

    def _ask_without_terminal(self, link: Link, login: SshLogin) -> bool:
        """Read a Unix, or a CLI that takes commands like one; False where it needs a terminal."""
        banner = (self.reading.banner or "").lower()
        if "rosssh" in banner:
            self._run_table(link, MIKROTIK.commands, login)
            return True
        if "openssh_for_windows" in banner:
            self._run_table(link, UNIX["Windows"], login)
            return True
        if any(word in banner for word in _NETWORK_BANNERS):
            return False
        try:
            system = self._system(link)
        except Stopped as stopped:
            if stopped.reason in ("dropped", "no_session"):
                return False
            raise
        if system in UNIX:
            self._run_table(link, UNIX[system], login)
        return system in UNIX

    def _system(self, link: Link) -> str:
        printed = link.run(IDENTIFY, seconds=self.order.command_seconds, octets=10_000)
        words = decoded(printed.stdout).split()
        return words[0] if words else ""

    def _run_table(self, link: Link, table: tuple[ReadOnly, ...], login: SshLogin) -> None:
        families: frozenset[str] = frozenset()
        for one in table:
            if self.order.only and one.kind not in self.order.only:
                continue
            if one.families and families and not one.families & families:
                continue
            if one.root and login.user != "root" and not login.sudo:
                continue
            command = f"sudo -n {one.command}" if one.root and login.user != "root" else one.command
            printed = link.run(command, seconds=self.order.command_seconds, octets=_COMMAND_OCTETS)
            self._keep(one, command, printed)
            if one.kind == "os-release":
                families = families_of(decoded(printed.stdout))

    def _keep(self, one: ReadOnly, command: str, printed: Printed) -> None:
        """Keep an output, unless the command was not there or had nothing to say."""
        stdout = decoded(printed.stdout)
        if not stdout.strip() and printed.status != 0 and not printed.cut:
            return
        stderr = decoded(printed.stderr)[:2_000]
        if printed.cut:
            stderr = f"cut: {printed.cut}\n{stderr}"
        self.reading.outputs.append(CommandOutput(command, one.kind, stdout, stderr, printed.status))
