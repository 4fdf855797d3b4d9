"""A disagreement is decided once, and the decision holds at the next sweep."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from itsm.assets.enums import DisagreementState
from itsm.assets.events import DisagreementDecided
from itsm.assets.models import Disagreement, FieldChoice
from itsm.assets.services.decisions import Decision, decide
from itsm.assets.services.observation import Observation, observe
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Conflict
from tests.application import NOON, only

HOUSE = Actor.house()


def contradicted(unit, manager, enter):
    """Return an asset whose recorded serial a sweep contradicts, and the disagreement."""
    asset = enter(manager, serial="AAA111")
    sweep(asset, "BBB222")
    return asset, only(unit.session.scalars(select(Disagreement)))


def sweep(asset, serial, hours=0, source="snmp"):
    observe(HOUSE, asset, [Observation("serial", serial, source)], now=NOON + timedelta(hours=hours))


def test_keep_remembers_so_that_it_is_not_told_again(work, manager, enter):
    with work(manager) as unit:
        asset, row = contradicted(unit, manager, enter)
        assert asset.open_disagreements == 1
        decide(manager, asset, row, Decision.KEEP, now=NOON)
        sweep(asset, "BBB222", 1)
        assert (asset.serial, asset.open_disagreements, row.state) == ("AAA111", 0, DisagreementState.KEPT)
        assert only(unit.session.scalars(select(Disagreement))) is row
        assert [e.state for e in unit.events if isinstance(e, DisagreementDecided)] == ["kept"]
        sweep(asset, "CCC333", 2)
        assert asset.open_disagreements == 1


def test_accept_writes_the_observed_value_as_the_persons_choice(work, manager, enter):
    with work(manager) as unit:
        asset, row = contradicted(unit, manager, enter)
        decide(manager, asset, row, Decision.ACCEPT, now=NOON, version=row.version)
        assert (asset.serial, asset.serial_key, asset.open_disagreements) == ("BBB222", "BBB222", 0)
        sweep(asset, "DDD444", 1)
        assert (asset.serial, asset.open_disagreements) == ("BBB222", 1)


def test_trust_lets_the_source_decide_from_now_on(work, manager, enter):
    with work(manager) as unit:
        asset, row = contradicted(unit, manager, enter)
        decide(manager, asset, row, Decision.TRUST, now=NOON)
        unit.session.flush()
        choice = only(unit.session.scalars(select(FieldChoice).where(FieldChoice.field == "serial")))
        assert (choice.source, choice.person_id) == ("snmp", manager.person_id)
        sweep(asset, "EEE555", 1)
        assert (asset.serial, asset.open_disagreements) == ("EEE555", 0)


def test_what_was_decided_is_not_decided_again(work, manager, enter):
    with work(manager) as unit:
        asset, row = contradicted(unit, manager, enter)
        with pytest.raises(Conflict):
            decide(manager, asset, row, Decision.ACCEPT, now=NOON, version=row.version + 1)
        decide(manager, asset, row, Decision.KEEP, now=NOON)
        with pytest.raises(Conflict):
            decide(manager, asset, row, Decision.ACCEPT, now=NOON)
        assert asset.serial == "AAA111"
