"""Which looks at a device are allowed from a ticket, how often, and what their answers look like. All only read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from itsm.discovery.probe.ssh.commands import NETWORK, UNIX
from itsm.discovery.wire import HostReport, SnmpFacts
from itsm.insight.causes.enums import Look
from itsm.kernel.text import many_lines, one_line

PORTS: Final = (22, 80, 135, 443, 445, 515, 631, 3389, 9100)
"""TCP ports that are knocked at: shell, web, Windows, printing, remote desktop. Nothing is sent."""
PORT_NAMES: Final = {
    22: "SSH", 80: "HTTP", 135: "RPC", 443: "HTTPS", 445: "SMB", 515: "LPD", 631: "IPP", 3389: "RDP", 9100: "RAW",
}  # fmt: skip

SPAN: Final = timedelta(minutes=10)
MOST_OF_ASSET: Final = 8
"""Looks at one device in ten minutes."""
MOST_OF_PERSON: Final = 20
"""Looks that one person may ask for in ten minutes."""
MOST_REFUSED: Final = 2
"""Refused SSH logins in an hour after which a device is left alone: accounts must not be locked."""
REFUSED_SPAN: Final = timedelta(hours=1)

MOST_LINES: Final = 60
LONGEST_LINE: Final = 200

SYS: Final = {"1.3.6.1.2.1.1.5.0": "name", "1.3.6.1.2.1.1.1.0": "description", "1.3.6.1.2.1.1.6.0": "location"}
UPTIME: Final = "1.3.6.1.2.1.1.3.0"
_IF: Final = "1.3.6.1.2.1.2.2.1"
IF_COLUMNS: Final = {"admin": f"{_IF}.7", "oper": f"{_IF}.8", "since": f"{_IF}.9", "in_errors": f"{_IF}.14",
                     "out_errors": f"{_IF}.20", "speed": "1.3.6.1.2.1.31.1.1.1.15"}  # fmt: skip
_STATES: Final = {1: "up", 2: "down", 3: "testing", 5: "dormant", 6: "not present", 7: "lower layer down"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question over SSH, and the parsers' names of the commands that answer it."""

    key: str
    kinds: frozenset[str]


def _cli(*words: str) -> frozenset[str]:
    """Return the kinds of the network commands whose text contains one of these words."""
    return frozenset(one.kind for cli in NETWORK for one in cli.commands if any(word in one.command for word in words))


QUESTIONS: Final = {
    one.key: one
    for one in (
        Question("system", frozenset({"uname", "uptime", "sw-vers", "esxcli-version"}) | _cli("version", "resource")),
        Question("memory", frozenset({"proc-meminfo", "esxcli-memory"})),
        Question("disks", frozenset({"df", "lsblk", "esxcli-storage"})),
        Question("network", frozenset({"ip-addr", "ip-route", "ifconfig", "netstat", "ipconfig"}) | _cli("interface")),
        Question("users", frozenset({"who"})),
        Question("services", frozenset({"systemctl"})),
    )
}


def commands_of(question: str) -> list[str]:
    """Return every command that a question may run, from the one auditable list."""
    kinds = QUESTIONS[question].kinds
    tables = [one for table in UNIX.values() for one in table] + [one for cli in NETWORK for one in cli.commands]
    return list(dict.fromkeys(one.command for one in tables if one.kind in kinds))


@dataclass(frozen=True, slots=True)
class Result:
    """What a look came to. ``lines`` are (label, value); labels that pages translate are lower-case words."""

    ok: bool
    reason: str
    summary: str
    lines: tuple[tuple[str, str], ...] = ()
    milliseconds: int = 0


def may_ask_again(asked: Sequence[tuple[datetime, Look, str]], look: Look, now: datetime) -> str | None:
    """Return why a device is left alone now, or None. ``asked`` are (when, what, how it ended)."""
    recent = [one for one in asked if one[0] > now - SPAN]
    if len(recent) >= MOST_OF_ASSET:
        return "device"
    refused = [one for one in asked if one[0] > now - REFUSED_SPAN and one[1] is Look.SSH and one[2] == "auth_failed"]
    return "refused" if look is Look.SSH and len(refused) >= MOST_REFUSED else None


def bounded(lines: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return lines as they may be stored: clean, short, few."""
    found = [(one_line(label, 80), one_line(value, LONGEST_LINE)) for label, value in lines]
    return tuple(found[:MOST_LINES])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a look was about: the question over SSH, the port and its number, what a new reading came to."""

    question: str = ""
    port: str = ""
    number: int = 0
    came_to: str = ""


def of_report(look: Look, report: HostReport | None, asked: Asked) -> Result:
    """Return what the report of a look says; None is a device that was silent."""
    if look is Look.PORT:
        return of_port(report, asked.number, asked.port)
    if look is Look.SSH:
        return of_ssh(report, asked.question)
    if look is Look.RESWEEP:
        return of_resweep(report, asked.came_to)
    if look is Look.SNMP:
        return of_snmp(report)
    echo = next((one for one in report.stages if one.name == "ping"), None) if report is not None else None
    ports = sorted(set(report.open_ports) & set(PORTS)) if report is not None else []
    return of_reach(echo.reason if echo else "silent", echo.milliseconds if echo else 0, ports)


def of_reach(reason: str, milliseconds: int, open_ports: Sequence[int], tried: Sequence[int] = PORTS) -> Result:
    """Return what an echo and a few knocks came to."""
    echo = {"ok": f"{milliseconds} ms", "silent": "no answer"}.get(reason, "not allowed here")
    ports = ", ".join(f"{port} {PORT_NAMES.get(port, '')}".strip() for port in open_ports)
    alive = reason == "ok" or bool(open_ports)
    lines = [("ping", echo), ("open ports", ports or "none"), ("knocked at", ", ".join(map(str, tried)))]
    said = f"answers ({echo})" if reason == "ok" else f"answers at {ports}" if open_ports else "does not answer"
    return Result(alive, "ok" if alive else "silent", said, bounded(lines), milliseconds)


def of_snmp(report: HostReport | None) -> Result:
    """Return what the system group says."""
    if report is None:
        return Result(False, "silent", "does not answer by SNMP")
    facts = SnmpFacts.of(report.varbinds)
    lines = [(label, text) for oid, label in SYS.items() if (text := facts.text(oid))]
    ticks = facts.number(UPTIME)
    if ticks is not None:
        lines.append(("uptime", duration(ticks // 100)))
    return _told(report, "snmp", lines, "up for " + duration(ticks // 100) if ticks is not None else "answers")


def of_port(report: HostReport | None, number: int, name: str) -> Result:
    """Return the state of one port of a switch."""
    if report is None:
        return Result(False, "silent", "the switch does not answer by SNMP")
    facts = SnmpFacts.of(report.varbinds)
    value = {key: facts.number(f"{column}.{number}") for key, column in IF_COLUMNS.items()}
    if value["oper"] is None:
        return _told(report, "snmp", [("port", name)], "the switch says nothing of this port", ok=False)
    oper, admin = _STATES.get(value["oper"], "unknown"), _STATES.get(value["admin"] or 0, "unknown")
    lines = [("port", name), ("state", oper), ("switched on", "no" if admin == "down" else "yes")]
    uptime, since = facts.number(UPTIME), value["since"]
    if uptime is not None and since is not None and 0 < since <= uptime:
        lines.append(("in this state for", duration((uptime - since) // 100)))
    if value["speed"]:
        lines.append(("speed", f"{value['speed']} Mbit/s"))
    lines.append(("errors in / out", f"{value['in_errors'] or 0} / {value['out_errors'] or 0}"))
    return _told(report, "snmp", lines, f"port {name} is {oper}")


def of_resweep(report: HostReport | None, came_to: str) -> Result:
    """Return what reading the device anew came to."""
    if report is None:
        return Result(False, "silent", "does not answer")
    lines = [(stage.name, "read" if stage.reason == "ok" else stage.reason) for stage in report.stages]
    return _told(report, "", [*lines, ("result", came_to)], f"read anew: {came_to}", ok=came_to not in _POOR)


_POOR: Final = ("unknown", "refused", "undecided")


def of_ssh(report: HostReport | None, question: str) -> Result:
    """Return what commands printed."""
    if report is None:
        return Result(False, "silent", "does not answer by SSH")
    lines: list[tuple[str, str]] = []
    kinds = QUESTIONS[question].kinds
    for output in report.outputs:
        if output.kind in kinds:
            text = many_lines(output.stdout, 8_000).split("\n")
            lines += [(output.command if place == 0 else "", line) for place, line in enumerate(text) if line.strip()]
    said = f"{question}: {sum(1 for label, _ in lines if label)} answers" if lines else "nothing came back"
    return _told(report, "ssh", lines, said, ok=bool(lines))


def _told(
    report: HostReport, stage: str, lines: Iterable[tuple[str, str]], summary: str, *, ok: bool | None = None
) -> Result:
    """Make a result of a report; how the conversation ended stands above what little it brought."""
    ends = [one for one in report.stages if not stage or one.name == stage]
    bad = next((one.reason for one in ends if one.reason != "ok"), "")
    told = bounded(lines)
    fine = bool(told) if ok is None else ok
    reason = "ok" if fine else bad or ("ok" if ok is False and told else "empty_answer")
    spent = sum(one.milliseconds for one in report.stages)
    return Result(fine, reason, one_line(summary if fine or not bad else bad.replace("_", " "), 300), told, spent)


def duration(seconds: int) -> str:
    """Return a span as people read it: "3 d 4 h"."""
    days, rest = divmod(max(0, seconds), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def scalars_of_port(number: int) -> tuple[str, ...]:
    """Return the objects that tell the state of one port."""
    return tuple(f"{column}.{number}" for column in IF_COLUMNS.values())
