"""Score identification on the open recordings, offline: no network between the recording and the knowledge
base.

    python bench/discovery_scores.py [--answers FILE] [--only NAME] [--by type|os|pen_org] [--listed]

Each recording is cut down to what a probe would read (plan.objects_for), handed to describe(), and the answers are
given to the yardstick's score.py, three times:

open                 with all that the tables know, which were written with these recordings at hand;
leave one system out every system (recordings of one name prefix) is read and described without any line that was
                     written for its makers: those of its enterprise numbers and of the makers' names, in the
                     reading plan as well, so that nothing is asked that a stranger would not be asked;
makers unknown       without any line that names a maker at all.

Printed for the last two: right answers and precision by field and by kind of device, and why the rest was missed.
ITSM_CORPORA says where the recordings are (default: the folder "shared" beside the repository).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import Any

from itsm.discovery.knowledge import describe, explain
from itsm.discovery.knowledge.catalog import Unknown, brands, descr_lines, forgetting, is_generic
from itsm.discovery.knowledge.plan import objects_for, survey_next
from itsm.discovery.knowledge.public_facts import mib_objects
from itsm.discovery.knowledge.reading import enterprise_of
from itsm.discovery.wire import HostReport, Varbind, readable

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ITSM_CORPORA", ROOT.parent / "shared"))


YARDSTICK_TYPES = {
    "management_controller": "management",
    "wireless_controller": "wireless",
    "access_point": "wireless",
    "ip_phone": "phone",
}
"""Our kinds whose words the yardstick does not know."""


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in oid.split("."))


class Recording:
    """One agent's values, in the order of their OIDs."""

    def __init__(self, path: Path) -> None:
        rows: dict[tuple[int, ...], Varbind] = {}
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        for line in text.split("\n"):
            parts = line.rstrip("\r").split("|", 2)
            if len(parts) < 3 or not parts[1]:
                continue
            oid = parts[0].strip().strip(".")
            try:
                key = arcs(oid)
            except ValueError:
                continue
            rows[key] = varbind(oid, parts[1].split(":", 1)[0], parts[2])
        self.keys = sorted(rows)
        self.rows = rows

    def get(self, oid: str) -> Varbind | None:
        return self.rows.get(arcs(oid))

    def below(self, oid: str, limit: int | None = None) -> list[Varbind]:
        prefix = arcs(oid)
        low = bisect_left(self.keys, prefix)
        high = bisect_left(self.keys, (*prefix[:-1], prefix[-1] + 1))
        return [self.rows[key] for key in self.keys[low:high][:limit]]

    def after(self, oid: str) -> str | None:
        place = bisect_left(self.keys, (*arcs(oid), -1))
        return self.rows[self.keys[place]].oid if place < len(self.keys) else None


def varbind(oid: str, tag: str, value: str) -> Varbind:
    """As the wire carries it: octets that are not printable text are written in hexadecimal."""
    if tag in ("4x", "64x"):
        try:
            octets = bytes.fromhex(value)
        except ValueError:
            return Varbind(oid, "4", value)
        if tag == "64x":
            return Varbind(oid, "64", ".".join(map(str, octets)))
        plain = octets.isascii() and all(32 <= b < 127 or b in b"\t\r\n" for b in octets)
        return Varbind(oid, "4", octets.decode()) if plain else Varbind(oid, "4x", value.lower())
    if tag == "4":
        octets = value.encode("utf-8", "surrogateescape")
        if not all(32 <= b < 127 or b in b"\t\r\n" for b in octets):
            return Varbind(oid, "4x", octets.hex())
    return Varbind(oid, tag, value)


def sweep(name: str, recording: Recording) -> tuple[HostReport, int]:
    """Read what the plan says; also return how many scalars and columns it asked for."""
    first = {oid: recording.get(oid) for oid in ("1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.1.0")}
    object_id, descr = (None if row is None else row.value for row in first.values())
    enterprises, ask = [], survey_next()
    while ask is not None and len(enterprises) < 24 and (answer := recording.after(ask)) is not None:
        ask = survey_next(answer)
        if ask is not None:
            enterprises.append(int(answer.split(".")[6]))
    plan = objects_for(object_id, descr, enterprises)
    found = [row for oid in plan.scalars if (row := recording.get(oid)) is not None]
    for oid in plan.columns:
        found += recording.below(oid)
    for oid, limit in plan.samples:
        found += recording.below(oid, limit)
    report = HostReport(address=name, taken_at="2026-01-01T00:00:00+00:00", varbinds=tuple(found))
    return report, len(plan.scalars) + len(plan.columns)


def answer(report: HostReport, *, general: bool) -> dict[str, object]:
    device = describe(report, makers_known=not general)
    return {
        "device": report.address,
        "type": YARDSTICK_TYPES.get(device.kind.value, device.kind.value),
        "kind": device.kind.value,
        "vendor": device.vendor,
        "model": device.model,
        "version": device.version,
        "serial": device.serial,
        "ports": [{"name": p.name, "mac": p.mac} for p in device.ports],
        "ips": list(device.ips),
        "supplies": [{"name": s.name} for s in device.supplies],
        "components": [{"serial": c.serial, "model": c.model} for c in device.components],
        "neighbours": [{"host": n.host} for n in device.neighbours],
    }


def stranger(truth: dict[str, Any], recording: Recording, same_maker: Any) -> Unknown:
    """Return what must be forgotten so that a recording's system is one nobody has seen."""
    kept = {number for key in recording.keys if (number := enterprise_of(".".join(map(str, key)))) is not None}
    numbers = {number for number in (*kept, truth["pen"]) if number is not None and not is_generic(number)}
    names = {line.constants["vendor"] for line in descr_lines() if "vendor" in line.constants}
    makers = {name for name in names if same_maker(truth["vendor_groups"], truth["vendor_words"], name)}
    numbers |= {number for number, brand in brands().items() if not brand.generic and brand.name in makers}
    of_maker = {n for n, b in brands().items() if same_maker(truth["vendor_groups"], truth["vendor_words"], b.name)}
    return Unknown(frozenset(numbers | of_maker), frozenset(makers))


def score(path: Path, *more: str) -> str:
    command = [sys.executable, str(SHARED / "tools/discovery_corpus/score.py"), str(path)]
    corpus = str(SHARED / "corpora/snmp")
    return subprocess.run([*command, "--corpus", corpus, *more], capture_output=True, text=True, check=True).stdout


FIELDS = {"vendor": "vendor", "model": "hardware", "version": "version", "serial": "serial"}


class Misses:
    """Why answers were missed, by field."""

    def __init__(self, yardstick: Any, common: Any) -> None:
        self.yardstick = yardstick
        self.right = {
            "model": lambda truth, text: bool(common.model_match(truth["hardware"], text)),
            "version": lambda truth, text: bool(common.version_match(truth["version"], text)),
            "serial": lambda truth, text: bool(common.serial_match(truth["serial"], text)),
            "vendor": lambda truth, text: common.vendor_match(truth["vendor_groups"], truth["vendor_words"], text),
        }
        self.causes: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
        self.rows: list[str] = []

    def add(self, truth: dict[str, Any], given: dict[str, Any], report: HostReport, recording: Recording) -> None:
        if truth["twin_of"]:
            return
        for field, verdict in self.yardstick.judge(truth, given).items():
            if verdict in ("wrong", "silent"):
                cause = self.cause(field, truth, report, recording)
                self.causes[field][cause] += 1
                wanted = truth["vendor_groups"] + truth["vendor_words"] if field == "vendor" else truth[FIELDS[field]]
                self.rows.append(
                    f"{field}\t{verdict}\t{cause}\t{truth['device']}\ttruth {wanted!r}\tanswered {given[field]!r}"
                )

    def cause(self, field: str, truth: dict[str, Any], report: HostReport, recording: Recording) -> str:
        right = self.right[field]
        mine = [c for c in explain(report) if c.field == field and right(truth, c.value)]
        if any(c.rejected is None for c in mine):
            return "candidate, not chosen"
        if mine:
            return "candidate, turned down"
        if field == "vendor":
            return "no candidate"
        read = {row.oid for row in report.varbinds}
        where = {
            "labelled" if labelled(row.oid) else "read, no label" if row.oid in read else "not read, no label"
            for row in recording.rows.values()
            if row.tag in ("4", "4x") and len(text := readable(row)) < 300 and right(truth, text)
        }
        order = ("labelled", "read, no label", "not read, no label")
        return next((name for name in order if name in where), "nowhere: composed or a product's name")

    def text(self) -> str:
        return "\n".join(
            f"  {field:8} " + ", ".join(f"{cause} {n}" for cause, n in causes.most_common())
            for field, causes in self.causes.items()
        )


def labelled(oid: str) -> bool:
    """Return whether a vendor MIB that we carry names the object."""
    number = enterprise_of(oid)
    entries = mib_objects(number) if number is not None else ()
    return any(oid == entry.oid or oid.startswith(entry.oid + ".") for entry in entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=Path, help="where to write the answers; two files more beside it")
    parser.add_argument("--only", help="devices whose name contains this")
    parser.add_argument("--by", default="type", help="type, os, pen_org or -")
    parser.add_argument("--listed", action="store_true", help="list what was missed when left out, with the cause")
    args = parser.parse_args()
    folder = SHARED / "corpora/snmp"
    if not folder.is_dir():
        sys.exit(f"no recordings at {folder}; set ITSM_CORPORA")
    sys.path.insert(0, str(SHARED / "tools/discovery_corpus"))
    import corpus_common
    import score as yardstick

    truths = [json.loads(line) for line in (folder / "truth.jsonl").open()]
    target = args.answers or Path(tempfile.mkdtemp()) / "answers.jsonl"
    left_out, bare = target.with_suffix(".left_out.jsonl"), target.with_suffix(".unknown.jsonl")
    misses, spent, asked = Misses(yardstick, corpus_common), 0.0, 0
    with target.open("w") as to_open, left_out.open("w") as to_left_out, bare.open("w") as to_bare:
        for truth in truths:
            name = truth["device"]
            if args.only and args.only not in name:
                continue
            recording = Recording(folder / "snmprec" / f"{name}.snmprec")
            report, cost = sweep(name, recording)
            asked = max(asked, cost)
            began = time.process_time()
            to_open.write(json.dumps(answer(report, general=False)) + "\n")
            spent += time.process_time() - began
            to_bare.write(json.dumps(answer(report, general=True)) + "\n")
            with forgetting(stranger(truth, recording, corpus_common.vendor_match)):
                report, _ = sweep(name, recording)
                given = answer(report, general=False)
                misses.add(truth, given, report, recording)
            to_left_out.write(json.dumps(given) + "\n")
    by = ["--by", args.by] if args.by != "-" else []
    print("open:", score(target, *by), sep="\n")
    print("leave one system out:", only_fields(score(left_out, *by)), sep="\n")
    print("why missed when left out:", misses.text(), sep="\n", end="\n\n")
    if args.listed:
        print("\n".join(misses.rows), end="\n\n")
    print("makers unknown:", only_fields(score(bare, *by)), sep="\n")
    print(f"describe(): {1000 * spent / max(1, len(truths)):.1f} ms a device; at most {asked} objects asked")


def only_fields(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line[23:31].strip() in ("field", *FIELDS)) + "\n"


if __name__ == "__main__":
    main()
