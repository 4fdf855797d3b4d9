"""Real agents for the tests: Debian's snmpd and OpenSSH's sshd on free loopback ports, as root or as anyone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SBIN = ("/usr/sbin", "/usr/local/sbin", "/sbin")
AUTH_SECRET = "an auth secret of some length"
PRIV_SECRET = "a privacy secret of some length"
COMMUNITY = "c0mmunity-of-the-tests"
SYS_NAME, SYS_LOCATION, SYS_CONTACT = "rack-7.test", "Room 12", "desk@test.invalid"


def program(name: str, package: str) -> str:
    """Return the path of a program, or skip the test and say what to install."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(SBIN))
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install {package}")
    return found


def free_port(kind: socket.SocketKind) -> int:
    """Return a loopback port that is free now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], *, log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; its output goes to ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)


@dataclass(frozen=True)
class SnmpAgent:
    """A running snmpd."""

    address: str
    port: int


USERS = (
    ("sha1aes", "SHA", "AES"),
    ("sha224aes", "SHA-224", "AES"),
    ("sha256aes", "SHA-256", "AES"),
    ("sha256aes256", "SHA-256", "AES-256"),
    ("sha384aes192", "SHA-384", "AES-192"),
    ("sha512aes256", "SHA-512", "AES-256"),
    ("sha256only", "SHA-256", None),
)
"""(name, authentication, privacy) of the users that the agent knows."""


@contextmanager
def snmpd(folder: Path, *, community: bool = True) -> Iterator[SnmpAgent]:
    """Start Debian's snmpd with the community and the users above on a free port."""
    path = program("snmpd", "snmpd")
    port = free_port(socket.SOCK_DGRAM)
    lines = [
        f"agentAddress udp:127.0.0.1:{port}", f"sysName {SYS_NAME}", f"sysLocation {SYS_LOCATION}",
        f"sysContact {SYS_CONTACT}", "master no", f"agentXSocket {folder}/agentx",
    ]  # fmt: skip
    if community:
        lines.append(f"rocommunity {COMMUNITY} 127.0.0.1")
    for name, auth, priv in USERS:
        privacy = f' {priv} "{PRIV_SECRET}"' if priv else ""
        lines.append(f'createUser {name} {auth} "{AUTH_SECRET}"{privacy}')
        lines.append(f"rouser {name} {'priv' if priv else 'auth'}")
    (folder / "snmpd.conf").write_text("\n".join(lines) + "\n")
    state = folder / "state"
    state.mkdir()
    env = {**os.environ, "SNMP_PERSISTENT_DIR": str(state), "SNMPCONFPATH": str(folder), "MIBS": ""}
    command = [path, "-f", "-Lo", "-C", "-c", str(folder / "snmpd.conf"), "-p", str(folder / "snmpd.pid")]
    with running(command, log=folder / "snmpd.log", env=env) as process:
        wait_for_text(folder / "snmpd.log", "NET-SNMP version", process)
        yield SnmpAgent("127.0.0.1", port)


def wait_for_text(log: Path, text: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program has written a text. Fails the test with the log when it does not."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if text in log.read_text(errors="replace"):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    pytest.fail(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")


@dataclass(frozen=True)
class SshServer:
    """A running sshd: ``key`` opens the account, ``fingerprint`` is its host key's."""

    address: str
    port: int
    user: str
    key: str
    fingerprint: str
    folder: Path


def make_key(path: Path, kind: str = "ed25519") -> str:
    """Make a key pair with ssh-keygen and return the private key's text."""
    keygen = program("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", kind, "-N", "", "-f", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path.read_text()


def fingerprint_of(path: Path) -> str:
    """Return the ``SHA256:…`` fingerprint of a public key file."""
    keygen = program("ssh-keygen", "openssh-client")
    done = subprocess.run([keygen, "-lf", str(path)], check=True, capture_output=True, text=True)
    return done.stdout.split()[1]


@contextmanager
def sshd(folder: Path, *options: str) -> Iterator[SshServer]:
    """Start OpenSSH's sshd for the current user on a free port, with one host key and one authorised key."""
    path = program("sshd", "openssh-server")
    port = free_port(socket.SOCK_STREAM)
    make_key(folder / "host_key")
    key = make_key(folder / "user_key")
    shutil.copy(folder / "user_key.pub", folder / "authorized_keys")
    lines = [
        f"ListenAddress 127.0.0.1:{port}", f"HostKey {folder}/host_key", f"AuthorizedKeysFile {folder}/authorized_keys",
        "StrictModes no", "UsePAM no", "PasswordAuthentication yes", "PermitRootLogin yes", "PidFile none", *options,
    ]  # fmt: skip
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with running([path, "-D", "-e", "-f", str(folder / "sshd_config")], log=folder / "sshd.log") as process:
        wait_for_text(folder / "sshd.log", "Server listening", process)
        user = pwd.getpwuid(os.geteuid()).pw_name
        yield SshServer("127.0.0.1", port, user, key, fingerprint_of(folder / "host_key.pub"), folder)
