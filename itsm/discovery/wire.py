"""The wire format between a probe and the house: what one sweep saw at one address, raw.

A :class:`HostReport` is a value.  It holds only what the device said and how the conversation went; what
the device *is* gets decided later (``knowledge/``) from the same raw facts, so a stored report can be
identified again whenever the knowledge grows.

Nothing here imports the application, Flask or SQLAlchemy.  Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

WIRE_VERSION: Final = 1
"""Raised whenever a reader of version n could misread what is written; older versions stay readable."""

# Type tags of a value, the numbers that ASN.1/SMI give them (RFC 2578), as text.  ``4x`` is an octet string
# written in hexadecimal because it is not printable ASCII.
INTEGER, OCTETS, OCTETS_HEX, OID, IP, COUNTER32, GAUGE32, TICKS, COUNTER64 = (
    "2", "4", "4x", "6", "64", "65", "66", "67", "70",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Varbind:
    """One SNMP value: numeric ``oid`` without a leading dot, its type ``tag`` and its ``value`` as text."""

    oid: str
    tag: str
    value: str


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What one read-only command printed. ``status`` is None where the shell reports none (network CLIs)."""

    command: str
    kind: str
    """The parser's name, e.g. ``ip-addr`` or ``cisco_ios/show_version``."""
    stdout: str
    stderr: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a conversation (``ping``, ``snmp``, ``ssh``, ``tcp``): how it ended and what it cost.

    ``reason`` is ``ok`` or the name of what stopped it (``silent``, ``refused``, ``auth_failed``,
    ``budget_time``, ``budget_bytes``, ``loop``, ``malformed``, ``host_key_changed`` ...).
    """

    name: str
    reason: str
    milliseconds: int = 0
    bytes: int = 0
    packets: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HostReport:
    """All that one sweep saw at one address."""

    address: str
    taken_at: str
    """ISO 8601, UTC, with offset."""
    stages: tuple[Stage, ...] = ()
    snmp_version: str | None = None
    engine_id: str | None = None
    """SNMPv3 engine id in lower-case hexadecimal, where the device told it."""
    varbinds: tuple[Varbind, ...] = ()
    outputs: tuple[CommandOutput, ...] = ()
    host_keys: tuple[tuple[str, str], ...] = ()
    """(algorithm, SHA256:… fingerprint) pairs that an SSH server offered."""
    ssh_banner: str | None = None
    open_ports: tuple[int, ...] = ()
    certificate: str | None = None
    """The certificate shown on the TLS port, DER in base64; nobody vouches for it."""
    credential: str | None = None
    """Reference (never the secret) of the credential that opened the door."""
    partial: bool = False
    """True where a budget or a fault cut the reading short: absence then proves nothing."""
    wire: int = WIRE_VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types; varbinds as ``[oid, tag, value]`` rows."""
        data = {name: getattr(self, name) for name in _REPORT_FIELDS}
        data["varbinds"] = [[v.oid, v.tag, v.value] for v in self.varbinds]
        data["stages"] = [asdict(stage) for stage in self.stages]
        data["outputs"] = [asdict(output) for output in self.outputs]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HostReport:
        """Read a report back; names that we do not know are passed over, and text is made such that a database keeps it.

        Raises ValueError, and nothing else, for a newer wire version or a shape that is not a report.
        """
        wire = data.get("wire") if isinstance(data, Mapping) else None
        if type(wire) is not int or wire not in range(1, WIRE_VERSION + 1):
            raise ValueError("unknown wire version")
        try:
            return cls(
                address=_text(data["address"]),
                taken_at=_text(data["taken_at"]),
                stages=tuple(map(_stage, _rows(data, "stages"))),
                snmp_version=_text_or_none(data.get("snmp_version")),
                engine_id=_text_or_none(data.get("engine_id")),
                varbinds=tuple(Varbind(*map(_text, row)) for row in _rows(data, "varbinds")),
                outputs=tuple(map(_output, _rows(data, "outputs"))),
                host_keys=tuple((_text(name), _text(key)) for name, key in _rows(data, "host_keys")),
                ssh_banner=_text_or_none(data.get("ssh_banner")),
                open_ports=tuple(_whole(port, 0, 65_535) for port in _rows(data, "open_ports")),
                certificate=_text_or_none(data.get("certificate")),
                credential=_text_or_none(data.get("credential")),
                partial=bool(data.get("partial", False)),
                wire=wire,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a host report: {type(error).__name__}") from None

    def content_hash(self) -> str:
        """Return the SHA-256 of what the device said, leaving out time, cost and values that always move.

        Two sweeps that saw the same thing give the same hash, so a sighting is stored anew only on change.
        """
        steady = [[v.oid, v.tag, v.value] for v in self.varbinds if not _moves(v)]
        heard = {
            "address": self.address,
            "engine_id": self.engine_id,
            "host_keys": sorted(self.host_keys),
            "outputs": [[o.kind, o.status, _steady(o)] for o in self.outputs if o.kind not in _MOVING_KINDS],
            "varbinds": steady,
        }
        if self.certificate is not None:
            heard["certificate"] = self.certificate
        return hashlib.sha256(json.dumps(heard, sort_keys=True).encode()).hexdigest()


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    text: str = value.replace("\x00", "")
    # Half of a surrogate pair is no character; no database keeps it.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any, least: int = 0, most: int = 0x7FFF_FFFF) -> int:
    if type(value) is not int or not least <= value <= most:
        raise TypeError("not a number of the range")
    return value


def _rows(data: Mapping[str, Any], name: str) -> Iterable[Any]:
    rows = data.get(name, ())
    if not isinstance(rows, list | tuple) or any(isinstance(row, str) for row in rows):
        raise TypeError("not a list of rows")
    return rows


def _stage(data: Mapping[str, Any]) -> Stage:
    milliseconds, octets, packets = (_whole(data.get(name, 0)) for name in ("milliseconds", "bytes", "packets"))
    name, reason, detail = _text(data["name"]), _text(data["reason"]), _text(data.get("detail", ""))
    return Stage(name, reason, milliseconds, octets, packets, detail)


def _output(data: Mapping[str, Any]) -> CommandOutput:
    command, kind, stdout = (_text(data[name]) for name in ("command", "kind", "stdout"))
    status = data.get("status")
    if status is not None:
        status = _whole(status, -(1 << 63), (1 << 63) - 1)  # an SSH server says what it likes
    return CommandOutput(command, kind, stdout, _text(data.get("stderr", "")), status)


_REPORT_FIELDS: Final = tuple(one.name for one in fields(HostReport))
_MOVING_TAGS: Final = frozenset({COUNTER32, TICKS, COUNTER64})
_MOVING_KINDS: Final = frozenset({"uptime", "who", "w", "last", "proc-meminfo", "free", "df", "ip-neigh", "arp", "ps"})
"""Outputs that differ whenever one looks: they are kept and read, and make no new content."""
_MOVING_LINES: Final = re.compile(
    r"^(?:cpu MHz|bogomips|BogoMIPS)\s*:.*$|\bup(?:time)? .*$|valid_life_time\S*\s*\d+", re.M
)
"""Parts of other outputs that move: the clock of a processor, times since, leases that run down."""


_MOVING_OBJECTS: Final = ("1.3.6.1.2.1.25.2.3.1.6.",)
"""Columns of whole numbers that move although they are no counters: hrStorageUsed."""


def _moves(varbind: Varbind) -> bool:
    return varbind.tag in _MOVING_TAGS or varbind.oid.startswith(_MOVING_OBJECTS)


def _steady(output: CommandOutput) -> str:
    return _MOVING_LINES.sub("", output.stdout)


@dataclass(slots=True)
class SnmpFacts:
    """Varbinds made easy to read: scalars by OID, columns by index, in the order of the agent.

    All text that comes out is decoded (UTF-8, else Latin-1) and stripped of NULs; the raw rows stay as they came.
    """

    rows: Mapping[str, Varbind] = field(default_factory=dict)

    @classmethod
    def of(cls, varbinds: Iterable[Varbind]) -> SnmpFacts:
        """Index the varbinds; the first of two rows with the same OID wins."""
        rows: dict[str, Varbind] = {}
        for varbind in varbinds:
            rows.setdefault(varbind.oid, varbind)
        return cls(rows)

    def text(self, oid: str) -> str | None:
        """Return the value at ``oid`` as stripped text, or None where there is none or it is empty."""
        row = self.rows.get(oid)
        return None if row is None else (readable(row) or None)

    def number(self, oid: str) -> int | None:
        """Return the value at ``oid`` as a whole number, or None."""
        row = self.rows.get(oid)
        try:
            return None if row is None else int(row.value)
        except ValueError:
            return None

    def octets(self, oid: str) -> bytes | None:
        """Return the value at ``oid`` as raw bytes, or None."""
        row = self.rows.get(oid)
        return None if row is None else raw_octets(row)

    def column(self, oid: str) -> Iterator[tuple[str, Varbind]]:
        """Yield (index, varbind) for every row below ``oid``."""
        prefix = oid + "."
        for name, row in self.rows.items():
            if name.startswith(prefix):
                yield name[len(prefix) :], row

    def texts(self, oid: str) -> dict[str, str]:
        """Return {index: readable text} of a column; empty values are left out."""
        found = ((index, readable(row)) for index, row in self.column(oid))
        return {index: text for index, text in found if text}


def raw_octets(row: Varbind) -> bytes:
    """Return an octet-string value as bytes (any other type: its text, encoded)."""
    if row.tag == OCTETS_HEX:
        try:
            return bytes.fromhex(row.value)
        except ValueError:
            return row.value.encode("latin-1", "replace")
    return row.value.encode("utf-8", "surrogateescape")


def readable(row: Varbind) -> str:
    """Return a value as text for people: decoded, without NULs and surrounding white space."""
    if row.tag != OCTETS_HEX:
        return row.value.replace("\x00", "").strip()
    octets = raw_octets(row)
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    return text.replace("\x00", "").strip()
