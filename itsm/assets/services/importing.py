"""A table of assets: planned first, so that it can be looked at, then carried out as one action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from itsm.accounts.models import Person
from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset, Category, Manufacturer, Model
from itsm.assets.policies import POLICY, AssetPermission
from itsm.assets.queries import assets_to_change
from itsm.assets.rules import table
from itsm.assets.rules.money import minor
from itsm.assets.services import editing
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.fields.queries import definition, fields_of
from itsm.fields.rules.values import parsed
from itsm.infra.chunks import chunks
from itsm.infra.csvio import Row
from itsm.infra.unit import current_unit, record
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, Refusal, RuleBroken
from itsm.kernel.policy import require
from itsm.kernel.text import many_lines, one_line, phrase
from itsm.org.models import CostCentre, Department, Location

MOST_ROWS: Final = 2000


@dataclass(slots=True)
class Line:
    """What one row of the table would do: ``new``, ``change``, ``same`` or ``wrong``."""

    number: int
    tag: str
    name: str
    action: str = "new"
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    asset_id: int | None = None
    changes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What a table would do, row by row, and which of its columns mean nothing to us."""

    organization_id: int
    lines: list[Line] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def count(self, action: str) -> int:
        """Return how many rows would do this."""
        return sum(line.action == action for line in self.lines)


@dataclass(frozen=True, slots=True)
class Words:
    """Words of kinds and statuses in the reader's language, in lower case, to their values."""

    kinds: Mapping[str, str]
    statuses: Mapping[str, str]


def plan(actor: Actor, session: Session, organization_id: int, rows: Iterable[Row], words: Words) -> Plan:
    """Return what the table would do to the organization's register. Nothing is changed.

    A row whose tag is known changes that asset (empty cells leave it as it is); any other enters a new one. Raises
    Invalid for a table with more than 2,000 rows or without a column that names assets.
    """
    require(POLICY, actor, AssetPermission.IMPORT)
    found = Plan(organization_id)
    taken = _bounded(rows)
    own = fields_of(session, "asset", organization_id)
    columns, found.unknown = table.fields_of(
        taken[0].cells if taken else [], {one.name.casefold(): "custom." + one.key for one in own}
    )
    found.fields = list(columns.values())
    if "name" not in found.fields and "tag" not in found.fields:
        raise Invalid({"file": "The table needs a column “Name” (or “Tag”, to change assets)."})
    names = _Names(session, organization_id, taken, columns)
    for row in taken:
        found.lines.append(_line(row, columns, names, words))
    _match(session, found)
    return found


def _bounded(rows: Iterable[Row]) -> list[Row]:
    taken: list[Row] = []
    for row in rows:
        if len(taken) >= MOST_ROWS:
            raise Invalid(
                {"file": phrase("At most %(most_rows)s rows at once, please: split the table.", most_rows=MOST_ROWS)}
            )
        taken.append(row)
    return taken


class _Names:
    """What cells may name: places, departments, cost centres, categories, people; read once for the whole table."""

    def __init__(self, session: Session, organization_id: int, rows: Sequence[Row], columns: Mapping[str, str]) -> None:
        def known(model: Any, label: Any) -> dict[str, int]:
            wanted = select(label, model.id).where(model.organization_id == organization_id).limit(20_000)
            return {name.casefold(): id_ for name, id_ in session.execute(wanted)}

        self._maps: dict[str, dict[str, int]] = {
            "location_id": known(Location, Location.path),
            "department_id": known(Department, Department.path),
            "cost_centre_id": known(CostCentre, CostCentre.code),
            "category_id": known(Category, Category.name),
        }
        people = self._people(session, organization_id, rows, columns)
        self._maps |= {"custodian_id": people, "owner_id": people}

    def _people(
        self, session: Session, organization_id: int, rows: Sequence[Row], columns: Mapping[str, str]
    ) -> dict[str, int]:
        mine = [column for column, name in columns.items() if name in ("custodian", "owner")]
        asked = sorted({row.cells[column].strip().casefold() for row in rows for column in mine} - {""})
        found: dict[str, int] = {}
        twice: set[str] = set()
        for part in chunks(asked):
            wanted = select(Person.id, Person.name, Person.email).where(
                Person.organization_id == organization_id,
                func.lower(Person.name).in_(part) | Person.email.in_(part),
            )
            for id_, name, email in session.execute(wanted):
                key = name.casefold()
                twice |= {key} if key in found else set()
                found[key] = id_
                if email:
                    found[email] = id_
        return {key: id_ for key, id_ in found.items() if key not in twice}

    def id_of(self, field_name: str, text: str) -> int:
        """Return the id behind a name. Raises ValueError with a sentence."""
        found = self._maps[field_name].get(text.casefold())
        if found is None:
            raise ValueError(f"“{text[:60]}” is not known, or not clear.")
        return found


_REFERENCES: Final = {
    "custodian": "custodian_id",
    "owner": "owner_id",
    "location": "location_id",
    "department": "department_id",
    "cost_centre": "cost_centre_id",
    "category": "category_id",
}


def _line(row: Row, columns: Mapping[str, str], names: _Names, words: Words) -> Line:
    cells = {name: row.cells[column].strip() for column, name in columns.items()}
    line = Line(row.number, one_line(cells.get("tag", ""), 60), one_line(cells.get("name", ""), 250))
    for name, text in cells.items():
        if not text:
            continue
        try:
            key, value = _value(name, text, cells, names, words)
        except ValueError as fault:
            line.errors.append(f"{name.removeprefix('custom.').replace('_', ' ').capitalize()}: {fault}")
        else:
            line.values[key] = value
    if line.values.get("price_minor") is not None:
        line.values.setdefault("currency", "EUR")
    return line


def _value(name: str, text: str, cells: Mapping[str, str], names: _Names, words: Words) -> tuple[str, Any]:
    if name in _REFERENCES:
        return _REFERENCES[name], names.id_of(_REFERENCES[name], text)
    if name == "kind":
        return name, table.kind(text, words.kinds)
    if name == "status":
        return name, table.status(text, words.statuses)
    if name in ("purchased_on", "warranty_until"):
        return name, table.day(text)
    if name == "price":
        units = minor(text, cells.get("currency") or "EUR")
        if units is None:
            raise ValueError(f"“{text[:40]}” is no amount such as 1299.00.")
        return "price_minor", units
    if name == "currency":
        if not (len(text) == 3 and text.isascii() and text.isalpha()):
            raise ValueError("Please write a currency such as EUR.")
        return name, text.upper()
    if name == "notes":
        return name, many_lines(text)
    return name, table.bounded(name, one_line(text, 1001))


def _match(session: Session, found: Plan) -> None:
    """Find the assets that rows mean by their tags, and say what each row would do."""
    tags = [line.tag for line in found.lines if line.tag]
    known: dict[str, tuple[Asset, str, str]] = {}
    for part in chunks(tags):
        wanted = (
            select(Asset, Manufacturer.name, Model.name)
            .outerjoin(Model, Model.id == Asset.model_id)
            .outerjoin(Manufacturer, Manufacturer.id == Model.manufacturer_id)
            .where(Asset.organization_id == found.organization_id, Asset.tag.in_(part))
            .where(Asset.merged_into_id.is_(None))
        )
        known |= {asset.tag: (asset, maker or "", model or "") for asset, maker, model in session.execute(wanted)}
    seen: set[str] = set()
    for line in found.lines:
        if line.tag and line.tag in seen:
            line.errors.append("This tag comes twice in the table.")
        seen.add(line.tag)
        if line.tag in known:
            asset, maker, model = known[line.tag]
            line.asset_id, line.name = asset.id, line.name or asset.name
            line.changes = _differences(asset, {"maker": maker, "model": model}, line.values)
            line.action = "change" if line.changes else "same"
        elif not line.name:
            line.errors.append("Name: a new asset needs a name.")
        if line.errors:
            line.action = "wrong"


def _differences(asset: Asset, names: Mapping[str, str], values: Mapping[str, Any]) -> list[str]:
    def recorded(name: str) -> Any:
        if name in names:
            return names[name]
        if name.startswith("custom."):
            value = asset.custom.get(name.removeprefix("custom."))
            return "" if value is None else str(value)
        return getattr(asset, name)

    return [name for name, value in values.items() if recorded(name) != value]


def carry_out(actor: Actor, what: Plan, *, now: datetime) -> dict[str, int]:
    """Enter and change what the plan says, as one action; rows that are wrong are passed over.

    Returns how many assets are ``new`` and how many ``changed``. Raises RuleBroken where a row cannot be carried out
    any more; then nothing is kept.
    """
    require(POLICY, actor, AssetPermission.IMPORT)
    session, done = current_unit().session, {"new": 0, "changed": 0}
    own = fields_of(session, "asset", what.organization_id)
    definitions = [definition(one) for one in own]
    ids = [line.asset_id for line in what.lines if line.action == "change" and line.asset_id is not None]
    known: dict[int, Asset] = {}
    for part in chunks(ids):
        known |= {asset.id: asset for asset in assets_to_change(actor, part)}
    for line in what.lines:
        if line.action not in ("new", "change"):
            continue
        typed = {name: str(value) for name, value in line.values.items() if name.startswith("custom.")}
        try:
            mine = [one for one in definitions if "custom." + one.key in typed]
            custom = parsed(mine, typed)
            if line.action == "new":
                _enter(actor, what.organization_id, line, custom, now)
                done["new"] += 1
            else:
                done["changed"] += _change(actor, known[line.asset_id or 0], line, custom, now)
        except (Refusal, KeyError) as refusal:
            raise RuleBroken(
                phrase(
                    "Line %(number)s (%(value)s): %(refusal)s",
                    number=line.number,
                    value=line.tag or line.name,
                    refusal=_said(refusal),
                )
            ) from refusal
    record("imported", "asset", "", new=done["new"], changed=done["changed"], wrong=what.count("wrong"))
    return done


def _said(refusal: Exception) -> str:
    if isinstance(refusal, Invalid):
        return " ".join(said for sentences in refusal.errors.values() for said in sentences)
    return refusal.message if isinstance(refusal, Refusal) else "The asset is gone."


_OWN: Final = ("name", "tag", "kind", "status", "category_id", "maker", "model", "serial")


def _enter(actor: Actor, organization_id: int, line: Line, custom: dict[str, Any], now: datetime) -> None:
    values = {name: value for name, value in line.values.items() if not name.startswith("custom.")}
    facts = {name: value for name, value in values.items() if name not in _OWN}
    new = NewAsset(
        organization_id=organization_id,
        name=values["name"],
        kind=values.get("kind") or _kind_of(values.get("category_id")),
        status=values.get("status", AssetStatus.IN_STOCK),
        category_id=values.get("category_id"),
        tag=values.get("tag"),
        maker=values.get("maker"),
        model=values.get("model"),
        serial=values.get("serial"),
        facts={**facts, "custom": custom},
    )
    register_asset(actor, new, now=now, why="import")


def _kind_of(category_id: int | None) -> AssetKind:
    if category_id is None:
        return AssetKind.OTHER
    return current_unit().session.get_one(Category, category_id).kind


def _change(actor: Actor, asset: Asset, line: Line, custom: dict[str, Any], now: datetime) -> bool:
    values = {name: value for name, value in line.values.items() if not name.startswith("custom.")}
    wanted = values.pop("status", None)
    values.pop("tag", None)
    if custom:
        values["custom"] = {**asset.custom, **custom}
    before = asset.version
    if wanted is not None and wanted is not asset.status:
        editing.change_status(actor, asset, wanted, now=now)
        current_unit().session.flush()
    editing.edit(actor, asset, values, version=asset.version, now=now, why="import")
    current_unit().session.flush()
    return asset.version != before
