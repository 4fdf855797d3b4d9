"""What is vendored is what vendor.json says, and the page needs nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = ROOT / "static" / "vendor"
LISTING: list[dict[str, str]] = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))


def located(file: str) -> Path:
    """Return where a listed file lies: under static/, or under tests/ for what only tests load."""
    return ROOT / file if file.startswith("tests/") else STATIC / file


@pytest.mark.parametrize("entry", LISTING, ids=lambda entry: entry["file"])
def test_file_has_the_recorded_hash(entry: dict[str, str]) -> None:
    content = located(entry["file"]).read_bytes()
    assert entry["sha384"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_every_vendored_file_is_listed() -> None:
    folders = (VENDOR, ROOT / "tests" / "vendor")
    present = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    listed = {located(entry["file"]) for entry in LISTING}
    assert present - {VENDOR / "vendor.json"} == listed - {STATIC / "icons.svg"}


def test_versions_are_those_of_package_json() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = package["dependencies"] | package["devDependencies"]
    assert {entry["package"]: entry["version"] for entry in LISTING} == wanted


def test_lock_file_names_no_download_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    installed = {path: about for path, about in lock["packages"].items() if path}
    assert [path for path, about in installed.items() if "resolved" in about] == []
    assert [path for path, about in installed.items() if not about["integrity"].startswith("sha512-")] == []


def test_no_file_points_to_a_source_map_or_imports_from_elsewhere() -> None:
    files = [*VENDOR.glob("*.css"), *VENDOR.glob("*.js"), *(ROOT / "static" / "css").glob("*.css")]
    text = {path.name: path.read_text(encoding="utf-8") for path in files}
    assert [name for name, body in text.items() if "sourceMappingURL" in body] == []
    outside = re.compile(r"url\([\"']?(?:https?:)?//|@import\s+[\"']?(?:https?:)?//")
    assert [name for name, body in text.items() if outside.search(body)] == []


def test_an_ordinary_page_loads_less_than_250_kb_compressed() -> None:
    loaded = ["vendor/tabler.min.css", "vendor/tom-select.min.css", "css/app.css", "vendor/tabler.min.js"]
    loaded += ["vendor/htmx.min.js", "vendor/tom-select.min.js", "js/app.js"]
    sizes = [len(gzip.compress((ROOT / "static" / name).read_bytes(), 9, mtime=0)) for name in loaded]
    assert sum(sizes) < 250_000


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    have = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    calls = re.compile(r"""\bicon\(((?:[^()'"]|'[^']*'|"[^"]*")*)\)|icon_name=(['"][a-z0-9-]+['"])""")
    not_names = r"""==\s*['"][^'"]*['"]|['"][^'"]*['"]\s*:|default\([^)]*\)|['"][a-z-]*-['"]\s*~"""
    words = re.compile(r"""['"]([a-z0-9-]*[a-z0-9])['"]""")
    wanted = {
        (path.relative_to(ROOT).as_posix(), word)
        for path in (ROOT / "templates").rglob("*.html")
        for call in calls.findall(path.read_text(encoding="utf-8"))
        for word in words.findall(re.sub(not_names, "", " ".join(call)))
    }
    assert {(path, name) for path, name in wanted if name not in have} == set()
