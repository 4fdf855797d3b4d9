"""Bring the catalogues up to date with the texts in code and templates, and compile them: `make translations`.

New texts are added without a translation, texts that are gone are dropped; a test names what still waits for words.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "itsm" / "translations"
KEYWORDS = {**DEFAULT_KEYWORDS, "NavItem": (1,), "_item": (1,), "_portal": (1,)}
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
"""Written into the files in place of today, so that the same texts give the same files."""


def extracted() -> Catalog:
    """Return all texts of code and templates, without translations."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(project="itsm", creation_date=MOMENT, revision_date=MOMENT)
    for folder in ("itsm", "templates"):
        rows = extract_from_dir(ROOT / folder, _below(methods, folder), options_of(options, folder), KEYWORDS)
        for _file, _line, message, _comments, context in rows:
            found.add(message, context=context)
    return found


def _below(methods: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """Return the patterns of one folder, relative to it."""
    return [(rest, how) for pattern, how in methods if (rest := pattern.removeprefix(f"{folder}/")) != pattern]


def options_of(options: dict[str, dict[str, object]], folder: str) -> dict[str, dict[str, object]]:
    """Return the options of one folder's patterns."""
    return {pattern.removeprefix(f"{folder}/"): given for pattern, given in options.items()}


def update(language: str, texts: Catalog) -> Catalog:
    """Return the catalogue of a language with exactly these texts, keeping the translations it has."""
    file = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    known = Catalog(locale=language)
    if file.is_file():
        with file.open("rb") as stream:
            known = read_po(stream, locale=language)
    fresh = Catalog(locale=language, project="itsm", creation_date=MOMENT, revision_date=MOMENT, fuzzy=False)
    for message in sorted((one for one in texts if one.id), key=lambda one: str(one.id)):
        old = known.get(message.id, message.context)
        fresh.add(message.id, old.string if old is not None else None, context=message.context)
    with file.open("wb") as stream:
        write_po(stream, fresh, width=120, omit_header=False)
    with file.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, fresh)
    return fresh


def missing(catalogue: Catalog) -> list[str]:
    """Return the texts that have no translation yet."""
    return [str(one.id) for one in catalogue if one.id and not all(_forms(one.string))]


def _forms(string: object) -> list[str]:
    return [str(form) for form in string] if isinstance(string, (tuple, list)) else [str(string or "")]


def main() -> None:
    """Update and compile every catalogue."""
    texts = extracted()
    for folder in sorted(path for path in CATALOGUES.iterdir() if path.is_dir()):
        catalogue = update(folder.name, texts)
        print(f"{folder.name}: {len(catalogue)} texts, {len(missing(catalogue))} without translation")


if __name__ == "__main__":
    main()
