"""Factories of discovery."""

import factory

from itsm.discovery.models import Network
from tests.factories.base import Factory
from tests.factories.org import OrganizationFactory


class NetworkFactory(Factory):
    """A small office network."""

    class Meta:
        model = Network
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    name = factory.Sequence(lambda n: f"Office {n}")
    ranges = ["10.0.0.0/24"]
