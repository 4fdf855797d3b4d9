"""Makers and models, found or made by their keys; tags from a category's sequence."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, union_all, update

from itsm.assets.enums import AssetKind
from itsm.assets.keys import maker_key, model_key
from itsm.assets.models import Asset, AssetAlias, Category, Manufacturer, Model
from itsm.infra.unit import current_unit
from itsm.infra.upsert import insert_missing
from itsm.kernel.errors import RuleBroken
from itsm.kernel.text import one_line, phrase

MOST_ATTEMPTS: Final = 1000


def manufacturer_id(name: str) -> int:
    """Return the id of the maker with this name, making it when it is new. Safe under concurrency."""
    unit, key = current_unit(), maker_key(name)
    known: int | None = unit.memory.get(("maker", key))
    if known is not None:
        return known
    wanted = select(Manufacturer.id).where(Manufacturer.key == key)
    found = unit.session.scalar(wanted)
    if found is None:
        row = {"name": one_line(name), "key": key, "created_at": unit.now, "updated_at": unit.now, "version": 1}
        insert_missing(unit.session, Manufacturer, [row])
        found = unit.session.scalars(wanted).one()
    unit.memory["maker", key] = found
    return found


def model_id(maker: str, name: str, kind: AssetKind) -> int:
    """Return the id of this maker's model, making both when they are new. Safe under concurrency."""
    unit, maker_id, key = current_unit(), manufacturer_id(maker), model_key(name, maker)
    known: int | None = unit.memory.get(("model", maker_id, key))
    if known is not None:
        return known
    wanted = select(Model.id).where(Model.manufacturer_id == maker_id, Model.key == key)
    found = unit.session.scalar(wanted)
    if found is None:
        stamps = {"created_at": unit.now, "updated_at": unit.now, "version": 1}
        row = {
            "manufacturer_id": maker_id,
            "name": without_maker(one_line(name), maker),
            "key": key,
            "kind": kind,
            **stamps,
        }
        insert_missing(unit.session, Model, [row])
        found = unit.session.scalars(wanted).one()
    unit.memory["model", maker_id, key] = found
    return found


def without_maker(model: str, maker: str) -> str:
    """Return a model's name without its maker's in front: "HP EliteBook" of HP is "EliteBook"."""
    first, _, rest = model.partition(" ")
    return rest.strip() if rest and maker_key(first) == maker_key(maker) else model


def category_for(organization_id: int, kind: AssetKind) -> Category:
    """Return the organization's first category of a kind, making one with a fitting tag prefix when there is none."""
    unit = current_unit()
    known: Category | None = unit.memory.get(("category", organization_id, kind))
    if known is not None:
        return known
    wanted = select(Category).where(Category.organization_id == organization_id, Category.kind == kind)
    found = unit.session.scalars(wanted.order_by(Category.id).limit(1)).one_or_none()
    if found is None:
        name = _plural(kind)
        prefix = "".join(word[0] for word in kind.value.split("_")).upper()
        prefix = {"s": "SRV-", "p": "PRN-"}.get(kind.value, f"{prefix if len(prefix) > 1 else kind.value[:3].upper()}-")
        row = {"organization_id": organization_id, "name": name, "kind": kind, "tag_prefix": prefix, "tag_digits": 5}
        row |= {"next_number": 1, "created_at": unit.now, "updated_at": unit.now, "version": 1}
        insert_missing(unit.session, Category, [row])
        found = unit.session.scalars(wanted.order_by(Category.id).limit(1)).one()
    unit.memory["category", organization_id, kind] = found
    return found


def _plural(kind: AssetKind) -> str:
    """Return the name of a kind's first category ("Switches"), to be changed at will."""
    if kind in _PLURALS:
        return _PLURALS[kind]
    word = kind.value.replace("_", " ").capitalize()
    if word.endswith(("ch", "s")):
        return f"{word}es" if word.endswith("ch") else word
    return word if kind is AssetKind.SOFTWARE else f"{word}s"


_PLURALS = {
    AssetKind.UPS: "UPS",
    AssetKind.PDU: "Power strips",
    AssetKind.NAS: "Storage",
    AssetKind.IP_PHONE: "Desk phones",
    AssetKind.OTHER: "Other things",
}
"""What the spelling of the kind does not give."""


def next_tags(category: Category, count: int = 1) -> list[str]:
    """Take ``count`` tags from the category's sequence. The row is locked until the commit: no tag is given twice."""
    session = current_unit().session
    taken = session.execute(
        update(Category)
        .where(Category.id == category.id)
        .values(next_number=Category.next_number + count)
        .returning(Category.next_number, Category.tag_prefix, Category.tag_digits)
        .execution_options(synchronize_session=False)
    ).one()
    first = int(taken.next_number) - count
    return [f"{taken.tag_prefix}{number:0{taken.tag_digits}d}" for number in range(first, first + count)]


def free_tags(category: Category, count: int = 1) -> list[str]:
    """Take the category's next tags that no asset of the organization has or had: tags can also be written by hand."""
    found: list[str] = []
    for _attempt in range(MOST_ATTEMPTS):
        tags = next_tags(category, count - len(found))
        taken = _taken(category.organization_id, tags)
        found += [tag for tag in tags if tag not in taken]
        if len(found) == count:
            return found
    raise RuleBroken(
        phrase(
            "The next thousand tags of %(name)s are taken. Set its next number in the catalogue.", name=category.name
        )
    )


def _taken(organization_id: int, tags: list[str]) -> set[str]:
    here = select(Asset.tag).where(Asset.organization_id == organization_id, Asset.tag.in_(tags))
    old = select(AssetAlias.alias).where(AssetAlias.organization_id == organization_id, AssetAlias.alias.in_(tags))
    return set(current_unit().session.scalars(union_all(here, old)))
