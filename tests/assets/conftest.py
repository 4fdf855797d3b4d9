"""What tests of the register share."""

from dataclasses import replace

import pytest

from itsm.assets.enums import AssetKind
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.kernel.actor import Actor, Role
from tests.application import NOON
from tests.factories.accounts import UserAccountFactory

HOUSE = Actor.house()


@pytest.fixture
def manager(work):
    """Give an asset manager of one organization, as an actor."""
    with work():
        user = UserAccountFactory(person__name="Ana Sousa")
        organization_id = user.person.organization_id
        return replace(
            Actor(),
            user_id=user.id,
            person_id=user.person_id,
            name="Ana Sousa",
            roles=frozenset({Role.ASSET_MANAGER}),
            organization_ids=frozenset({organization_id}),
        )


@pytest.fixture
def enter():
    """Give ``enter(actor, name, …)`` -> an asset of the actor's organization, in the open transaction."""

    def entered(actor, name="lap-ana", *, by=None, kind=AssetKind.LAPTOP, **more):
        (organization_id,) = actor.organization_ids
        new = NewAsset(organization_id=organization_id, name=name, kind=kind, **more)
        return register_asset(by or actor, new, now=NOON)

    return entered
