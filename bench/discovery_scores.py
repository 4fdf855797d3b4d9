"""Score identification on the open recordings, offline: no network between the recording and the knowledge
base.

    python bench/discovery_scores.py [--answers FILE] [--general] [--by type|os|pen_org] [--misses FIELD
    --show N]

Each recording is cut down to what a probe would read (plan.objects_for), handed to describe(), and the
answers are
given to the yardstick's score.py.  --general leaves out every line that names a maker, which is what a device
of an
unknown maker or operating system meets; the plain run prints that figure too, as the leave-one-system-out
score. ITSM_CORPORA says where the recordings are (default: the folder "shared" beside the repository).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from pathlib import Path

from itsm.discovery.knowledge import describe
from itsm.discovery.knowledge.plan import objects_for, survey_next
from itsm.discovery.wire import HostReport, Varbind

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


def score(path: Path, *more: str) -> str:
    command = [sys.executable, str(SHARED / "tools/discovery_corpus/score.py"), str(path)]
    corpus = str(SHARED / "corpora/snmp")
    return subprocess.run([*command, "--corpus", corpus, *more], capture_output=True, text=True, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--general", action="store_true")
    parser.add_argument("--only", help="devices whose name contains this")
    parser.add_argument("--by", default="type")
    parser.add_argument("--misses")
    parser.add_argument("--show", default="2000")
    args = parser.parse_args()
    folder = SHARED / "corpora/snmp"
    if not folder.is_dir():
        sys.exit(f"no recordings at {folder}; set ITSM_CORPORA")
    names = [json.loads(line)["device"] for line in (folder / "truth.jsonl").open()]
    target = args.answers or Path(tempfile.mkdtemp()) / "answers.jsonl"
    general = target.with_suffix(".general.jsonl")
    spent, asked = 0.0, 0
    with target.open("w") as full, general.open("w") as bare:
        for name in names:
            if args.only and args.only not in name:
                continue
            report, cost = sweep(name, Recording(folder / "snmprec" / f"{name}.snmprec"))
            asked = max(asked, cost)
            began = time.process_time()
            full.write(json.dumps(answer(report, general=False)) + "\n")
            spent += time.process_time() - began
            bare.write(json.dumps(answer(report, general=True)) + "\n")
    more = ["--misses", args.misses, "--show", args.show] if args.misses else []
    print(score(general if args.general else target, *(["--by", args.by] if args.by != "-" else []), *more))
    if not args.general:
        print("leave-one-system-out (no line that names a maker):")
        print("\n".join(line for line in score(general).splitlines() if line.startswith(("all ", "group"))))
    print(f"describe(): {1000 * spent / max(1, len(names)):.1f} ms a device; at most {asked} objects asked")


if __name__ == "__main__":
    main()
