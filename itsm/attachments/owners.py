"""Whose file it is, as far as this room is told: a kind and a number, and whom to ask who may read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, current_app

from itsm.kernel.actor import Actor

EXTENSION = "itsm.attachment_owners"
MayRead = Callable[[Actor, int], bool]


@dataclass(frozen=True, slots=True)
class Owner:
    """Something that has attachments: its kind (``ticket_entry``) and its id."""

    kind: str
    id: int


@dataclass(slots=True)
class Owners:
    """The rooms that own files, each with its answer to "may this actor read what belongs to number n?"."""

    _rooms: dict[str, MayRead] = field(default_factory=dict)

    def add(self, kind: str, may_read: MayRead) -> None:
        """Register a kind of owner. Raises ValueError for a kind that is taken or too long."""
        if kind in self._rooms or not 0 < len(kind) <= 40:
            raise ValueError(f"attachments of {kind!r} are registered already, or the name is too long")
        self._rooms[kind] = may_read

    def may_read(self, actor: Actor, owner: Owner) -> bool:
        """Say whether the actor may read what belongs to this owner; what nobody answers for, nobody may."""
        asked = self._rooms.get(owner.kind)
        return asked is not None and asked(actor, owner.id)

    def knows(self, kind: str) -> bool:
        """Say whether a room answers for this kind."""
        return kind in self._rooms


def register_owner(app: Flask, kind: str, may_read: MayRead) -> None:
    """Let a room own attachments: ``may_read(actor, id)`` decides, asked at every download."""
    owners: Owners = app.extensions.setdefault(EXTENSION, Owners())
    owners.add(kind, may_read)


def current_owners() -> Owners:
    """Return the application's register of owners."""
    owners: Owners = current_app.extensions[EXTENSION]
    return owners
