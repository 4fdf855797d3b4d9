"""Factories of the organisation."""

import factory

from itsm.org.models import CostCentre, Department, Location, LocationKind, Organization
from tests.factories.base import Factory


class OrganizationFactory(Factory):
    """A company."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Company {n}")


class LocationFactory(Factory):
    """A site."""

    class Meta:
        model = Location
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    kind = LocationKind.SITE
    name = factory.Sequence(lambda n: f"Site {n}")
    path = factory.LazyAttribute(lambda o: o.name)


class DepartmentFactory(Factory):
    """A department at the top of the tree."""

    class Meta:
        model = Department
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    name = factory.Sequence(lambda n: f"Department {n}")
    path = factory.LazyAttribute(lambda o: o.name)


class CostCentreFactory(Factory):
    """A cost centre."""

    class Meta:
        model = CostCentre
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    code = factory.Sequence(lambda n: f"{4000 + n}")
    name = factory.Sequence(lambda n: f"Cost centre {n}")
