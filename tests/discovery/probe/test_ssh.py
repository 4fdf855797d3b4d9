"""SSH against OpenSSH's own server: what is read, who is trusted, and what is never sent to a stranger."""

from __future__ import annotations

import ipaddress
import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from itsm.discovery.parsers.host_kinds import host_kind
from itsm.discovery.parsers.outputs import kinds
from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.credentials import SshLogin
from itsm.discovery.probe.ssh.commands import NETWORK, UNIX, everything, families_of
from itsm.discovery.probe.ssh.session import SshOrder, SshReading, read_ssh
from itsm.discovery.probe.ssh.trust import AccountGuard, Pins
from tests import agents

HERE = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[agents.SshServer]:
    with agents.sshd(Path(tmp_path_factory.mktemp("sshd"))) as running:
        yield running


def login(server: agents.SshServer, **changed: object) -> SshLogin:
    return SshLogin("login", server.user, HERE, **{"key": server.key, **changed})  # type: ignore[arg-type]


def order(server: agents.SshServer, **changed: object) -> SshOrder:
    pins = Pins(frozenset({server.fingerprint}))
    return SshOrder(server.port, **{"pins": pins, "seconds": 8.0, **changed})  # type: ignore[arg-type]


def text_of(reading: SshReading, kind: str) -> str:
    return next(output.stdout for output in reading.outputs if output.kind == kind)


@pytest.mark.agents
def test_this_machine_reads_as_what_it_is(server: agents.SshServer) -> None:
    reading = read_ssh(server.address, [login(server)], order(server))
    assert (reading.stage.name, reading.stage.reason, reading.partial) == ("ssh", "ok", False)
    assert reading.host_keys == (("ssh-ed25519", server.fingerprint),)
    assert (reading.banner or "").startswith("SSH-2.0-OpenSSH")
    assert reading.credential == "login"
    assert text_of(reading, "os-release") == Path("/etc/os-release").read_text()
    assert text_of(reading, "uname").split()[:3] == list(os.uname()[:3])
    assert platform.release() in text_of(reading, "uname")
    assert "127.0.0.1" in text_of(reading, "ip-addr")
    assert "processor" in text_of(reading, "proc-cpuinfo")
    packages = text_of(reading, "dpkg-query").splitlines()
    assert any(line.startswith("openssh-server\t") and line.endswith("install ok installed") for line in packages)


@pytest.mark.agents
def test_an_unknown_host_key_is_reported_and_sees_no_credential(server: agents.SshServer) -> None:
    reading = read_ssh(server.address, [login(server)], order(server, pins=Pins()))
    assert reading.stage.reason == "host_key_unknown"
    assert reading.host_keys == (("ssh-ed25519", server.fingerprint),)
    assert (reading.outputs, reading.credential) == ([], None)


@pytest.mark.agents
def test_a_changed_host_key_stops_everything_even_if_the_new_key_is_known_elsewhere(server: agents.SshServer) -> None:
    pins = Pins(frozenset({server.fingerprint}), {server.address: frozenset({"SHA256:another"})})
    reading = read_ssh(server.address, [login(server)], order(server, pins=pins))
    assert reading.stage.reason == "host_key_changed"
    assert reading.credential is None


@pytest.mark.agents
def test_a_refused_key_and_a_refused_password_have_a_name(server: agents.SshServer, tmp_path: Path) -> None:
    other = agents.make_key(tmp_path / "other")
    for wrong in (login(server, key=other), login(server, key=None, password="wrong password")):
        reading = read_ssh(server.address, [wrong], order(server))
        assert (reading.stage.reason, reading.credential) == ("auth_failed", None)
    assert read_ssh(server.address, [login(server, key="no key")], order(server)).stage.reason == "bad_key"


@pytest.mark.agents
def test_the_second_login_is_tried_after_the_first_is_refused(server: agents.SshServer, tmp_path: Path) -> None:
    other = SshLogin("other", server.user, HERE, key=agents.make_key(tmp_path / "other"))
    reading = read_ssh(server.address, [other, login(server)], order(server))
    assert (reading.stage.reason, reading.credential) == ("ok", "login")


@pytest.mark.agents
def test_an_account_is_not_tried_any_more_after_three_refusals(server: agents.SshServer) -> None:
    shared = order(server, guard=AccountGuard(3))
    wrong = login(server, key=None, password="wrong password")
    reasons = [read_ssh(server.address, [wrong], shared).stage.reason for _ in range(5)]
    assert reasons == ["auth_failed"] * 3 + ["account_guard"] * 2
    log = (server.folder / "sshd.log").read_text()
    assert log.count("Failed password") <= 3 + 1  # one more by the test above


@pytest.mark.agents
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_a_server_with_broken_algorithms_only_is_read_where_the_credential_allows_it(tmp_path: Path) -> None:
    agents.make_key(tmp_path / "rsa", "rsa")
    options = (
        f"HostKey {tmp_path}/rsa", "HostKeyAlgorithms ssh-rsa", "KexAlgorithms diffie-hellman-group14-sha1",
        "PubkeyAcceptedAlgorithms +ssh-rsa",
    )  # fmt: skip
    shown = agents.fingerprint_of(tmp_path / "rsa.pub")
    folder = tmp_path / "server"
    folder.mkdir()
    with agents.sshd(folder, *options) as old:
        pinned = order(old, pins=Pins(frozenset({shown})))
        strict = read_ssh(old.address, [login(old)], pinned)
        assert strict.stage.reason == "no_common_algorithm"
        allowed = read_ssh(old.address, [login(old, legacy=True)], pinned)
        assert (allowed.stage.reason, allowed.stage.detail) == (
            "ok", "broken algorithms were allowed for this credential"
        )  # fmt: skip
        assert allowed.host_keys == (("ssh-rsa", shown),)
        assert text_of(allowed, "os-release") == Path("/etc/os-release").read_text()
        broken = login(old, legacy=True, key="no key")
        assert read_ssh(old.address, [broken], pinned).stage.reason == "bad_key"
        assert read_ssh(old.address, [broken, login(old, legacy=True)], pinned).stage.reason == "ok"
        stranger = read_ssh(old.address, [login(old, legacy=True)], order(old, pins=Pins()))
        assert stranger.stage.reason == "host_key_unknown"


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ('NAME="Debian"\nID=debian\n', {"debian"}),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', {"rocky", "rhel", "centos", "fedora"}),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', {"ubuntu", "debian"}),
        ("ID=nixos\n", set()),
        ("", set()),
    ],
)
def test_a_distribution_is_asked_for_its_own_packages_only(text: str, families: set[str]) -> None:
    assert families_of(text) == families


def test_every_command_has_a_parser() -> None:
    network = {one.kind for cli in NETWORK for one in cli.commands}
    assert network - set(kinds()) == {"aruba_aoscx/show_version", "hp_comware/display_version"}  # kept raw
    assert [one.kind for table in UNIX.values() for one in table if host_kind(one.kind) is None] == []


def test_a_closed_port_is_refused() -> None:
    import socket as sockets

    port = agents.free_port(sockets.SOCK_STREAM)
    assert read_ssh("127.0.0.1", [], SshOrder(port)).stage.reason == "refused"


def test_parallel_attempts_never_overshoot_the_guard() -> None:
    guard, tried, lock = AccountGuard(3), [], threading.Lock()

    def attempt() -> None:
        try:
            with guard.attempt("account", 5):
                with lock:
                    tried.append(1)
                raise Stopped("auth_failed")
        except Stopped:
            return

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(tried), guard.blocked("account")) == (3, True)


def test_a_success_forgets_the_failures() -> None:
    guard = AccountGuard(2)
    for _ in range(5):
        with pytest.raises(Stopped, match="auth_failed"), guard.attempt("a", 1):
            raise Stopped("auth_failed")
        with guard.attempt("a", 1) as accepted:
            accepted.append(True)
    assert not guard.blocked("a")


WRITING = (
    "rm", "mv", "cp", "tee", "dd", "kill", "reboot", "shutdown", "configure", "write", "copy", "delete", "reload",
    "commit", "install", "remove", "set ", "clear", "erase", "format", ">", "|&", "`", "$(",
)  # fmt: skip


def test_no_command_in_the_table_can_change_anything() -> None:
    session_only = {"set cli screen-length 0", "set cli screen-width 511"}
    for command in everything():
        if command in session_only:
            continue
        words = command.replace("'", " ").split()
        assert not [word for word in WRITING if word in words or (not word.isalpha() and word in command)], command
