"""Something that owns attachments, for tests: things by number, each with its readers."""

from __future__ import annotations

import pytest

from itsm.attachments.owners import EXTENSION, Owner, register_owner

THING = "test_thing"


class Things:
    """Who may read which thing; as a room would answer."""

    def __init__(self) -> None:
        self.readers: dict[int, set[int | None]] = {}

    def may_read(self, actor, number: int) -> bool:
        return actor.user_id in self.readers.get(number, set())

    def open_to(self, number: int, *browsers) -> Owner:
        self.readers[number] = {browser.actor.user_id for browser in browsers}
        return Owner(THING, number)


_things = Things()


@pytest.fixture
def things(app) -> Things:
    if not app.extensions[EXTENSION].knows(THING):
        register_owner(app, THING, lambda actor, number: _things.may_read(actor, number))
    _things.readers.clear()
    return _things
