"""Factories of people and sign-in."""

import factory

from itsm.accounts.models import Group, Person, UserAccount
from tests.factories.base import Factory
from tests.factories.org import OrganizationFactory


class PersonFactory(Factory):
    """Somebody the company knows."""

    class Meta:
        model = Person
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")


class UserAccountFactory(Factory):
    """A sign-in without a password (tests open sessions directly)."""

    class Meta:
        model = UserAccount

    person = factory.SubFactory(PersonFactory)
    login = factory.LazyAttribute(lambda o: o.person.email)


class GroupFactory(Factory):
    """A support group."""

    class Meta:
        model = Group
        exclude = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)
    organization_id = factory.LazyAttribute(lambda o: o.organization.id)
    name = factory.Sequence(lambda n: f"Group {n}")
