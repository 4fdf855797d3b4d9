"""Bring the catalogues up to date with the texts in code and templates, and compile them: `make translations`.

New texts are added without a translation, texts that are gone are dropped; a test names what still waits for words.
"""

from __future__ import annotations

import ast
import datetime
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "itsm" / "translations"
KEYWORDS = {**DEFAULT_KEYWORDS, "NavItem": (1,), "_item": (1,), "_portal": (1,), "phrase": (1,)}
REFUSALS = frozenset({"RuleBroken", "Forbidden", "Busy", "Conflict", "Invalid", "ValueError"})
"""What is said through these is shown to people; :func:`itsm.web.texts.told` translates it. ValueError counts in forms."""
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
    for sentence in refusals():
        found.add(sentence)
    return found


def refusals() -> set[str]:
    """Return the sentences of refusals: services say them in plain English and know nothing of languages."""
    found: set[str] = set()
    for path in sorted((ROOT / "itsm").rglob("*.py")):
        names = REFUSALS if path.name == "forms.py" else REFUSALS - {"ValueError"}
        if path.is_relative_to(ROOT / "itsm" / "cli") or "probe" in path.parts or "demo" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                for argument in node.args:
                    found |= set(_sentences(argument, constants))
            elif (isinstance(node, ast.Assign) and _is_of_errors(node.targets[0])) or (
                path.name == "errors.py" and isinstance(node, ast.Assign) and _name(node.targets[0]) == "title"
            ):
                found |= set(_sentences(node.value, constants))
    return found


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_of_errors(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and _name(node.value) == "errors"


def _sentences(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Yield the texts that an expression may come to; names of a module's constants are looked up."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _sentences(value, constants)
    elif isinstance(node, ast.List | ast.Tuple):
        for value in node.elts:
            yield from _sentences(value, constants)
    elif isinstance(node, ast.IfExp):
        yield from _sentences(node.body, constants)
        yield from _sentences(node.orelse, constants)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fromkeys":
        for value in node.args[1:]:
            yield from _sentences(value, constants)
    elif isinstance(node, ast.DictComp):
        yield from _sentences(node.value, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _sentences(constants[node.id], {})


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
