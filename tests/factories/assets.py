"""Factories of the asset register."""

import factory

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.assets.models import Asset
from tests.factories.base import Factory
from tests.factories.org import OrganizationFactory


class AssetFactory(Factory):
    """A laptop in use."""

    class Meta:
        model = Asset
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    tag = factory.Sequence(lambda n: f"LAP-{n:05d}")
    name = factory.Sequence(lambda n: f"laptop-{n}")
    kind = AssetKind.LAPTOP
    status = AssetStatus.IN_USE
