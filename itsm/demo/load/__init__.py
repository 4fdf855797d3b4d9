"""A database full of realistic rows, for measuring: what the services would have written, in bulk."""

from __future__ import annotations

import random
from dataclasses import dataclass

from itsm.demo.load.people import hire
from itsm.demo.load.things import buy
from itsm.demo.load.tickets import Desk
from itsm.infra import search
from itsm.infra.unit import Unit, record


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much of everything."""

    tickets: int
    assets: int
    comments: int = 3
    people: int = 5000
    technicians: int = 200
    seed: int = 1


def fill(unit: Unit, load: Load) -> None:
    """Append the rows in the open transaction: all or nothing. Nobody else should write meanwhile."""
    chance = random.Random(load.seed)
    with search.loading(unit.session) as index:
        staff = hire(unit, chance, load.people, load.technicians)
        things = buy(unit, chance, staff, load.assets)
        Desk(unit, chance, staff, things).file(load.tickets, load.comments, index)
    record(
        "loaded",
        "installation",
        "",
        tickets=load.tickets,
        assets=load.assets,
        comments=load.comments,
        people=load.people,
        technicians=load.technicians,
        seed=load.seed,
    )
