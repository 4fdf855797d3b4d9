"""Compile the tables of public facts that the knowledge base carries from the plain tables they come as.

    python bench/compile_discovery_facts.py [ITSM_CORPORA/corpora/mibs]

Three tables become three files under itsm/discovery/knowledge/data: makers.tsv.gz (IANA's enterprise
numbers),
products.tsv.gz (registered values of sysObjectID) and mib_objects.tsv.gz (readable identity objects of vendor
MIBs).  Every line starts with the OID below 1.3.6.1.4.1, and lines are sorted by it, so that a lookup is a
search in one text and nothing needs to be parsed for devices nobody asks about.
"""

import gzip
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "itsm/discovery/knowledge/data"
ENTERPRISES = "1.3.6.1.4.1."


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def arcs(oid: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in oid.split("."))


def write(name: str, lines: list[str]) -> None:
    text = "\n" + "\n".join(lines) + "\n"
    (DATA / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{name}: {len(lines)} lines, {(DATA / name).stat().st_size} bytes")


def main() -> None:
    default = Path(os.environ.get("ITSM_CORPORA", ROOT.parent / "shared")) / "corpora/mibs"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    makers = [f"{number}\t{holder.strip()}" for number, holder in rows(folder / "enterprise_numbers.tsv")]
    write("makers.tsv.gz", makers)
    products = sorted(
        (arcs(oid.removeprefix(ENTERPRISES)), name, under)
        for oid, name, under in rows(folder / "product_oids.tsv")
        if oid.startswith(ENTERPRISES)
    )
    write("products.tsv.gz", [f"{'.'.join(map(str, a))}\t{name}\t{under}" for a, name, under in products])
    objects = sorted(
        (arcs(oid.removeprefix(ENTERPRISES)), field, name, shape)
        for field, oid, name, shape in rows(folder / "identity_objects.tsv")
        if oid.startswith(ENTERPRISES)
    )
    write(
        "mib_objects.tsv.gz",
        [f"{'.'.join(map(str, a))}\t{field}\t{shape[0]}\t{name}" for a, field, name, shape in objects],
    )


if __name__ == "__main__":
    main()
