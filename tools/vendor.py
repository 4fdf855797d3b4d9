"""Copy the front-end packages of package.json into ``static/vendor`` and write their list with hashes.

Run it by hand after changing package.json or tools/icons.txt::

    npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
    npm ci --ignore-scripts
    python tools/vendor.py

What it writes is committed, so that neither running nor testing the product needs Node or a network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "static" / "vendor"
TESTS = ROOT / "tests" / "vendor"
ICON_PACKAGE = "@tabler/icons"

#: (package, file inside it, where it goes)
COPIES: tuple[tuple[str, str, Path], ...] = (
    ("@tabler/core", "dist/css/tabler.min.css", STATIC / "tabler.min.css"),
    ("@tabler/core", "dist/css/tabler.rtl.min.css", STATIC / "tabler.rtl.min.css"),
    ("@tabler/core", "dist/js/tabler.min.js", STATIC / "tabler.min.js"),
    ("htmx.org", "dist/htmx.min.js", STATIC / "htmx.min.js"),
    ("tom-select", "dist/js/tom-select.complete.min.js", STATIC / "tom-select.min.js"),
    ("tom-select", "dist/css/tom-select.bootstrap5.min.css", STATIC / "tom-select.min.css"),
    ("@fontsource-variable/inter", "files/inter-latin-wght-normal.woff2", STATIC / "inter-latin.woff2"),
    (
        "@fontsource-variable/inter",
        "files/inter-latin-ext-wght-normal.woff2",
        STATIC / "inter-latin-ext.woff2",
    ),
    ("@fontsource-variable/inter", "files/inter-cyrillic-wght-normal.woff2", STATIC / "inter-cyrillic.woff2"),
    ("@fontsource-variable/inter", "files/inter-greek-wght-normal.woff2", STATIC / "inter-greek.woff2"),
    ("cytoscape", "dist/cytoscape.min.js", STATIC / "cytoscape.min.js"),
    ("axe-core", "axe.min.js", TESTS / "axe.min.js"),
)

SOURCE_MAP = re.compile(rb"\s*(?:/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*")
PATH_ONLY = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")
FRAME = 'd="M0 0h24v24H0z"'


@dataclass(frozen=True, slots=True)
class Entry:
    """One vendored file: its path under static/ (from the root for tests/), its origin, its SHA-384."""

    file: str
    package: str
    version: str
    licence: str
    sha384: str


def integrity(body: bytes) -> str:
    """Return the subresource-integrity text of ``body``."""
    return "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()


def manifest(package: str) -> dict[str, str]:
    """Return the package.json of an installed package."""
    loaded: dict[str, str] = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    return loaded


def write(target: Path, body: bytes, package: str) -> Entry:
    """Write one file and return its entry."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(body)
    about = manifest(package)
    return Entry(
        file=target.relative_to(ROOT).as_posix().removeprefix("static/"),
        package=package,
        version=about["version"],
        licence=about["license"],
        sha384=integrity(body),
    )


def copy_files() -> list[Entry]:
    """Copy every file of :data:`COPIES`, without the comment that points to a source map we do not ship."""
    return [write(target, content(MODULES / package / inside), package) for package, inside, target in COPIES]


def content(source: Path) -> bytes:
    """Return what is kept of a file: fonts as they are, text without its source map comment."""
    raw = source.read_bytes()
    return raw if source.suffix == ".woff2" else SOURCE_MAP.sub(b"\n", raw).rstrip() + b"\n"


def icon_names() -> list[tuple[str, str]]:
    """Return (our name, the package's name) of each icon in tools/icons.txt."""
    names: list[tuple[str, str]] = []
    for line in (ROOT / "tools" / "icons.txt").read_text(encoding="utf-8").splitlines():
        words = line.split("#", 1)[0].split()
        if words:
            names.append((words[0], words[-1]))
    if len({ours for ours, _ in names}) != len(names):
        twice = sorted({ours for ours, _ in names if sum(ours == other for other, _ in names) > 1})
        raise SystemExit(f"icons.txt names these twice: {', '.join(twice)}")
    return names


def sprite() -> bytes:
    """Return one SVG with a ``<symbol>`` for each icon."""
    symbols: list[str] = []
    for ours, theirs in icon_names():
        source = MODULES / ICON_PACKAGE / "icons" / "outline" / f"{theirs}.svg"
        if not source.is_file():
            raise SystemExit(f"icons.txt: {ICON_PACKAGE} has no outline icon {theirs!r}")
        shapes = [shape for shape in PATH_ONLY.findall(source.read_text(encoding="utf-8")) if FRAME not in shape]
        body = "".join(" ".join(shape.split()).replace(" />", "/>") for shape in shapes)
        symbols.append(
            f'<symbol id="{ours}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    head = '<svg xmlns="http://www.w3.org/2000/svg">\n'
    return (head + "\n".join(symbols) + "\n</svg>\n").encode()


def main() -> None:
    """Write every vendored file, then vendor.json."""
    entries = [*copy_files(), write(ROOT / "static" / "icons.svg", sprite(), ICON_PACKAGE)]
    listing = [
        {"file": e.file, "package": e.package, "version": e.version, "licence": e.licence, "sha384": e.sha384}
        for e in sorted(entries, key=lambda entry: entry.file)
    ]
    (STATIC / "vendor.json").write_text(json.dumps(listing, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(listing)} files, {len(icon_names())} icons\n")


if __name__ == "__main__":
    main()
