"""The core of ``itsm discover scan``: sweep some addresses and print what is there. No database, no Flask.

One JSON object a device goes to standard output (``--json``), or a table for people; progress goes to
standard error when that is a terminal.  Secrets may stand in environment variables, so that they do not show
in the list of processes: ITSM_COMMUNITY and ITSM_SNMP_V3 (several on lines of their own), ITSM_SSH_PASSWORD.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from itsm.discovery.facts import Device
from itsm.discovery.knowledge import describe
from itsm.discovery.knowledge.plan import objects_for
from itsm.discovery.probe.budget import Limits
from itsm.discovery.probe.credentials import Community, Credential, SshLogin, UsmUser
from itsm.discovery.probe.find import Pace
from itsm.discovery.probe.pacing import SUBNET_RATE
from itsm.discovery.probe.sweep import Order, Progress, Sweep, dry_run
from itsm.discovery.probe.targets import Network, Target, expand, parse_range, parse_target
from itsm.discovery.same_device import Sightings
from itsm.discovery.wire import HostReport

PRINTED = (
    "address", "kind", "vendor", "model", "version", "serial", "name", "ports", "ips", "supplies", "components",
    "neighbours", "software", "why",
)  # fmt: skip
"""The fields of a printed device, in order."""


@click.command("scan")
@click.argument("targets", nargs=-1, required=True)
@click.option("--port", default=161, type=click.IntRange(1, 65535), help="UDP port of SNMP.")
@click.option("--ssh-port", default=22, type=click.IntRange(1, 65535), help="TCP port of SSH.")
@click.option("--community", multiple=True, envvar="ITSM_COMMUNITY", help="SNMP v2c and v1 community; may be repeated.")
@click.option(
    "--v3",
    multiple=True,
    help="USER,AUTH,AUTHPASS,PRIV,PRIVPASS: SHA-256, AES.",
)
@click.option("--ssh", help="Account for SSH, such as audit@.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Private key for SSH.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the SSH password.",
)
@click.option("--ssh-legacy", is_flag=True, help="Allow broken SSH algorithms, for old switches that know no others.")
@click.option("--sudo", is_flag=True, help="Run the commands that need it through sudo -n.")
@click.option("--known-host", multiple=True, help="SHA256:… fingerprint of a host key that may be trusted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--rate", default=2000.0, type=click.FloatRange(0), help="New addresses a second; 0 for no limit.")
@click.option(
    "--subnet-rate",
    type=click.FloatRange(0),
    help="Questions a second into one /24 or /64; 0 for no limit.  [default: 400, or none with --rate 0]",
)
@click.option("--timeout", default=1.0, type=click.FloatRange(0.05, 60), help="Seconds to wait for an answer.")
@click.option("--exclude", multiple=True, help="Addresses or networks to leave alone.")
@click.option(
    "--exclude-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of such, one a line; # and what follows says why.",
)
@click.option("--allow-public", is_flag=True, help="Sweep public and link-local addresses too.")
@click.option("--tcp", is_flag=True, help="Try TCP 22, 443, 9100 and 5060 where SNMP is silent.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent to whom, and send nothing.")
def scan(targets: tuple[str, ...], **given: Any) -> None:
    """Find the devices at TARGETS (addresses, networks, ranges) and print what they are."""
    for name in ("rate", "subnet_rate", "timeout"):
        if given[name] is not None and not math.isfinite(given[name]):
            raise click.UsageError(f"--{name.replace('_', '-')}: {given[name]} is no number to work with.")
    try:
        order = order_from(targets, given)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if given["dry_run"]:
        click.echo(paces(order.pace), err=True)
        for run, reason in spared(targets, given["exclude_file"]):
            click.echo(f"{run}\tleft out because {plain(reason, 200)}\t-")
        for intention in dry_run(order):
            click.echo(f"{intention.address}\t{intention.step}\t{intention.credential or '-'}")
        return
    devices = asyncio.run(sweep_devices(order))
    if given["as_json"]:
        for device in devices:
            click.echo(json.dumps(printed(device), ensure_ascii=True))
    else:
        click.echo(table(devices))


# ------------------------------------------------------------------------------------------------ options
def order_from(targets: Sequence[str], given: dict[str, Any]) -> Order:
    """Return the sweep that the command line asks for. Raises ValueError with a sentence for the person."""
    parsed = [parse_target(text) for text in targets]
    exclude = [network for text in given["exclude"] for network in parse_range(text).networks()]
    exclude += [net for run, _ in spared(targets, given.get("exclude_file")) for net in run.networks()]
    addresses = expand(parsed, exclude=exclude, allow_public=given["allow_public"])
    return Order(
        addresses,
        credentials=credentials_from(given, networks_of(parsed)),
        snmp_port=given["port"],
        ssh_port=given["ssh_port"],
        planner=objects_for,
        limits=Limits(),
        pace=Pace(given["rate"] or None, subnet_rate=subnet_rate(given)),
        timeout=given["timeout"],
        pins=frozenset(given["known_host"]),
        tcp_ports=(22, 443, 9100, 5060) if given["tcp"] else (),
    )


def subnet_rate(given: dict[str, Any]) -> float | None:
    """Return how many questions a second may go into one subnet; None for no limit."""
    asked: float | None = given.get("subnet_rate")
    if asked is None:
        return SUBNET_RATE if given["rate"] else None
    return asked or None


def paces(pace: Pace) -> str:
    """Return a sentence about how fast would be asked."""
    rate = "as fast as this machine can" if pace.rate is None else f"at most {pace.rate:,g} addresses a second"
    if pace.subnet_rate is None:
        return f"It would ask {rate}."
    return f"It would ask {rate}, and at most {pace.subnet_rate:,g} questions a second in one subnet."


def spared(targets: Sequence[str], file: Path | None) -> list[tuple[Target, str]]:
    """Return which addresses of the targets a file says to leave alone, and why. Raises ValueError for a bad line."""
    if file is None:
        return []
    asked, found = [parse_target(text) for text in targets], []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        text, _, reason = (part.strip() for part in line.partition("#"))
        try:
            run = parse_range(text) if text else None
        except ValueError as error:
            raise ValueError(f"{file.name}, line {number}: {error}") from error
        found += [(both, reason or f"{file.name} says so") for one in asked if run and (both := run.common(one))]
    return found


def networks_of(targets: Iterable[Target]) -> tuple[Network, ...]:
    """Return the networks of the targets: what was typed is all that a credential may be shown."""
    merged: list[Network] = []
    networks = [network for target in targets for network in target.networks()]
    for version in (4, 6):
        some = (network for network in networks if network.version == version)
        merged += ipaddress.collapse_addresses(some)  # type: ignore[type-var]
    return tuple(merged)


def credentials_from(given: dict[str, Any], networks: tuple[Network, ...]) -> tuple[Credential, ...]:
    """Return the credentials of the command line, bound to the targets. Raises ValueError for a bad one."""
    found: list[Credential] = []
    users = given["v3"] or _listed("ITSM_SNMP_V3")
    communities = given["community"] or _listed("ITSM_COMMUNITY")
    if not (users or communities or given["ssh"]):
        communities = ("public",)
    for number, text in enumerate(users, 1):
        found.append(usm_user(text, f"v3 user {number}", networks))
    for number, secret in enumerate(communities, 1):
        for version in ("2c", "1"):
            found.append(Community(f"community {number}", secret, networks, version))
    if given["ssh"]:
        found.append(ssh_login(given, networks))
    return tuple(found)


def _listed(name: str) -> tuple[str, ...]:
    """Return the lines of an environment variable."""
    return tuple(line for line in os.environ.get(name, "").splitlines() if line)


def usm_user(text: str, reference: str, networks: tuple[Network, ...]) -> UsmUser:
    """Read ``user,auth,authpass,priv,privpass`` (the later parts may be missing). Raises ValueError."""
    parts = [part.strip() or None for part in text.split(",")] + [None] * 4
    if parts[0] is None or len(text.split(",")) > 5:
        raise ValueError("--v3 wants USER,AUTH,AUTHPASS,PRIV,PRIVPASS.")
    return UsmUser(
        reference,
        parts[0],
        networks,
        auth_protocol=parts[1] and parts[1].upper(),
        auth_secret=parts[2] or "",
        priv_protocol=parts[3] and parts[3].upper(),
        priv_secret=parts[4] or "",
    )


def ssh_login(given: dict[str, Any], networks: tuple[Network, ...]) -> SshLogin:
    """Return the SSH account of the command line. Raises ValueError where neither key nor password is given."""
    user = given["ssh"].removesuffix("@")
    key = given["key"].read_text() if given["key"] else None
    password = given["password_file"].read_text().rstrip("\r\n") if given["password_file"] else None
    if password is None:
        password = os.environ.get("ITSM_SSH_PASSWORD")
    if key is None and password is None:
        raise ValueError("--ssh wants --key FILE, --password-file FILE or the variable ITSM_SSH_PASSWORD.")
    legacy, sudo = bool(given.get("ssh_legacy")), bool(given.get("sudo"))
    return SshLogin("ssh account", user, networks, password=password, key=key, legacy=legacy, sudo=sudo)


# ------------------------------------------------------------------------------------------------ the sweep
async def sweep_devices(order: Order) -> list[Device]:
    """Run a sweep and return its devices, each once, in the order of their addresses."""
    sightings = Sightings()
    show = Ticker()
    sweep = Sweep(order, show.progress)
    notes: list[str] = []
    try:
        with _interruptible(sweep):
            async with aclosing(sweep.reports()) as reports:
                async for report in reports:
                    sightings.add(report, describe(report))
                    notes += notes_on(report)
    finally:
        show.done()
    for note in notes:
        click.echo(note, err=True)
    return sightings.devices()


@contextmanager
def _interruptible(sweep: Sweep) -> Iterator[None]:
    """Let Ctrl-C end the sweep and keep what it has found so far; a second one ends the program."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        sweep.cancel()

    try:
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or not a Unix
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def notes_on(report: HostReport) -> Iterator[str]:
    """Yield a line for each conversation that was cut short or refused, and what a person can do about it."""
    for stage in report.stages:
        if stage.reason in ("ok", "silent", "refused") and not (stage.reason == "ok" and stage.detail):
            continue
        note = f"{report.address}: {stage.name}: {stage.reason}"
        if stage.detail:
            note += f" ({plain(stage.detail, 120)})"
        if stage.reason == "host_key_unknown":
            note += f"; once you have made sure: --known-host {report.host_keys[0][1]}"
        yield note


class Ticker:
    """Progress on standard error, a line that overwrites itself, only where a person watches."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.last = 0.0

    def progress(self, progress: Progress) -> None:
        """Show how far the sweep is, at most five times a second."""
        if not self.shown or progress.seconds - self.last < 0.2:
            return
        self.last = progress.seconds
        text = f"\r{progress.total} addresses, {progress.found} answer, {progress.read} read"
        with suppress(OSError):  # nobody watches any more: no reason to end the sweep
            sys.stderr.write(f"{text}, {progress.seconds:.0f} s  ")
            sys.stderr.flush()

    def done(self) -> None:
        """Leave the line."""
        if self.shown and self.last:
            sys.stderr.write("\n")


# ------------------------------------------------------------------------------------------------ printing
def printed(device: Device) -> dict[str, Any]:
    """Return what ``--json`` prints of a device."""
    data = device.to_json()
    return {name: data[name] for name in PRINTED}


def table(devices: Iterable[Device]) -> str:
    """Return the devices as an aligned table without control characters."""
    rows: list[tuple[str, ...]] = [("ADDRESS", "KIND", "VENDOR", "MODEL", "VERSION", "SERIAL", "NAME")]
    rows += [
        (d.address, d.kind.value, *(plain(v) for v in (d.vendor, d.model, d.version, d.serial, d.name)))
        for d in devices
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def plain(text: str | None, most: int = 40) -> str:
    """Return a device's text made safe for a terminal: printable characters only, and not too many of them."""
    return "".join(c if c.isprintable() else " " for c in text or "-")[:most]
