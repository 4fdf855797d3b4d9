"""The assets of a load: what employees hold, what stands in rooms, with interfaces, addresses and custody."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.keys import serial_key
from itsm.assets.models import Address, Asset, CustodyPeriod, Interface
from itsm.assets.services import catalogue
from itsm.demo.load.people import Somebody, Staff
from itsm.demo.load.prose import several
from itsm.infra import bulk
from itsm.infra.search import SearchDocument, fold
from itsm.infra.unit import Unit

KIND_WORD: Final = "asset"


@dataclass(frozen=True, slots=True)
class _Product:
    kind: AssetKind
    share: int
    prefix: str
    maker: str
    model: str
    ports: int
    system: str | None = None


PRODUCTS: Final = (
    _Product(AssetKind.LAPTOP, 25, "lt", "Lenovo", "ThinkPad T14 Gen 4", 2, "Debian GNU/Linux 13"),
    _Product(AssetKind.LAPTOP, 20, "lt", "Dell", "Latitude 5440", 2, "Windows 11 Enterprise"),
    _Product(AssetKind.MONITOR, 18, "mon", "Dell", "U2723QE", 0),
    _Product(AssetKind.PHONE, 10, "ph", "Samsung", "Galaxy A55", 1, "Android 15"),
    _Product(AssetKind.WORKSTATION, 8, "ws", "HP", "Z2 Tower G9", 1, "Windows 11 Enterprise"),
    _Product(AssetKind.PRINTER, 5, "prn", "Brother", "MFC-L6900DW", 1),
    _Product(AssetKind.SERVER, 5, "srv", "Supermicro", "SYS-510T-MR", 4, "Debian GNU/Linux 13"),
    _Product(AssetKind.SWITCH, 4, "sw", "HPE", "2930F-24G", 24),
    _Product(AssetKind.ACCESS_POINT, 4, "ap", "Ubiquiti", "U6-Pro", 1),
    _Product(AssetKind.UPS, 1, "ups", "APC", "SMT1500", 1),
)
ASSET_COLUMNS: Final = several(
    "id|organization_id|tag|name|kind|status|category_id|model_id|serial|serial_key|custodian_id|department_id|"
    "location_id|os_name|purchased_on|price_minor|currency|warranty_until|notes|custom|open_disagreements|created_at|"
    "updated_at|version"
)
HELD: Final = frozenset({AssetKind.LAPTOP, AssetKind.MONITOR, AssetKind.PHONE, AssetKind.WORKSTATION})


@dataclass(frozen=True, slots=True)
class Thing:
    """An asset of the load, as far as tickets need it."""

    id: int
    tag: str
    name: str
    kind: AssetKind
    status: AssetStatus
    maker: str
    model: str
    serial: str
    system: str | None
    holder: Somebody | None
    location_id: int

    @property
    def snapshot(self) -> dict[str, Any]:
        """Return what a ticket keeps of it."""
        return {
            "tag": self.tag,
            "name": self.name,
            "kind": self.kind.value,
            "status": self.status.value,
            "manufacturer": self.maker,
            "model": self.model,
            "serial": self.serial,
            "os": self.system,
            "custodian_id": self.holder.id if self.holder else None,
        }


def buy(unit: Unit, chance: random.Random, staff: Staff, count: int) -> list[Thing]:
    """Append ``count`` assets and return them."""
    session = unit.session
    first = bulk.last_id(session, Asset) + 1
    chosen = chance.choices(PRODUCTS, weights=[p.share for p in PRODUCTS], k=count)
    tags = _tags(staff, chosen)
    models = {p.model: catalogue.model_id(p.maker, p.model, p.kind) for p in PRODUCTS}
    categories = {p.kind: catalogue.category_for(staff.organization_id, p.kind).id for p in PRODUCTS}
    things = [_thing(first + n, chance, staff, product, tags[n]) for n, product in enumerate(chosen)]
    now, house = unit.now, staff.organization_id
    bulk.append(
        session,
        Asset,
        ASSET_COLUMNS,
        (
            (
                *(t.id, house, t.tag, t.name, t.kind, t.status, categories[t.kind], models[t.model], t.serial),
                *(serial_key(t.serial), *((t.holder.id, t.holder.department_id) if t.holder else (None, None))),
                *(t.location_id, t.system, now.date() - timedelta(days=400), 90_000 + t.id % 90_000, "EUR"),
                *(now.date() + timedelta(days=t.id % 900 - 200), "", {}, 0, now, now - timedelta(seconds=t.id - first)),
                1,
            )
            for t in things
        ),
    )
    _connect(unit, chosen, things)
    _hand_out(unit, things)
    _index(unit, things)
    bulk.follow_ids(session, Asset, Interface, Address, CustodyPeriod, SearchDocument)
    return things


def _tags(staff: Staff, chosen: Sequence[_Product]) -> list[str]:
    """Take a tag for each product from its category's sequence."""
    wanted = {kind: sum(1 for p in chosen if p.kind is kind) for kind in {p.kind for p in chosen}}
    taken = {
        kind: iter(catalogue.next_tags(catalogue.category_for(staff.organization_id, kind), number))
        for kind, number in sorted(wanted.items())
    }
    return [next(taken[product.kind]) for product in chosen]


def _thing(id_: int, chance: random.Random, staff: Staff, product: _Product, tag: str) -> Thing:
    held = product.kind in HELD and chance.random() < 0.85
    holder = chance.choice(staff.employees) if held and staff.employees else None
    spare = AssetStatus.IN_STOCK if product.kind in HELD else AssetStatus.IN_USE
    return Thing(
        id=id_,
        tag=tag,
        name=f"{product.prefix}-{id_:06d}",
        kind=product.kind,
        status=AssetStatus.IN_USE if holder else AssetStatus.RETIRED if chance.random() < 0.2 else spare,
        maker=product.maker,
        model=product.model,
        serial=f"{product.maker[:2].upper()}{chance.randrange(10**8):08d}{id_:X}",
        system=product.system,
        holder=holder,
        location_id=holder.location_id if holder else chance.choice(staff.rooms),
    )


def _connect(unit: Unit, chosen: Sequence[_Product], things: Sequence[Thing]) -> None:
    session, now = unit.session, unit.now
    port = bulk.last_id(session, Interface) + 1
    wired = [
        (thing.id, number, product.ports)
        for product, thing in zip(chosen, things, strict=True)
        for number in range(1, product.ports + 1)
    ]
    bulk.append(
        session,
        Interface,
        ("id", "asset_id", "name", "mac", "speed", "number", "admin_up", "oper_up", "first_seen_at"),
        (
            (port + n, asset_id, f"eth{number}", _mac(asset_id, number), 10**9, number, True, number < 20, now)
            for n, (asset_id, number, _ports) in enumerate(wired)
        ),
    )
    address = bulk.last_id(session, Address) + 1
    bulk.append(
        session,
        Address,
        ("id", "asset_id", "address", "first_seen_at"),
        (
            (address + n, asset_id, f"10.{asset_id >> 16 & 255}.{asset_id >> 8 & 255}.{asset_id & 255}", now)
            for n, asset_id in enumerate(asset_id for asset_id, number, _ports in wired if number == 1)
        ),
    )


def _mac(asset_id: int, number: int) -> str:
    digits = f"02{asset_id & 0xFFFFFFFF:08x}{number & 255:02x}"
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _hand_out(unit: Unit, things: Sequence[Thing]) -> None:
    period = bulk.last_id(unit.session, CustodyPeriod) + 1
    bulk.append(
        unit.session,
        CustodyPeriod,
        ("id", "asset_id", "person_id", "location_id", "started_at", "note", "created_at", "updated_at"),
        (
            (period + n, t.id, t.holder.id if t.holder else None, t.location_id, unit.now, "", unit.now, unit.now)
            for n, t in enumerate(things)
        ),
    )


def _index(unit: Unit, things: Sequence[Thing]) -> None:
    document = bulk.last_id(unit.session, SearchDocument) + 1
    bulk.append(
        unit.session,
        SearchDocument,
        ("id", "kind", "subject_id", "at", "title", "body", "internal"),
        (
            (
                *(document + n, KIND_WORD, t.id, unit.now, fold(f"{t.tag} {t.name}")),
                fold(f"{t.serial} {serial_key(t.serial)} {t.maker} {t.model} {t.system or ''}"),
                fold(t.holder.name) if t.holder else "",
            )
            for n, t in enumerate(things)
        ),
    )
