"""People around a ticket: one company, a technician, an employee, and somebody from another company."""

from dataclasses import dataclass
from typing import Any

import pytest

from itsm.kernel.actor import Role
from itsm.tickets.models import Ticket
from itsm.tickets.queries import get_ticket, ticket_to_change
from itsm.tickets.services.filing import NewTicket, file
from tests.factories.accounts import GroupFactory
from tests.factories.org import OrganizationFactory


@dataclass
class Desk:
    """A company with its people, signed in."""

    organization_id: int
    other_organization_id: int
    group_id: int
    ana: Any
    """An employee."""
    bo: Any
    """Another employee of the same company."""
    tina: Any
    """A technician."""
    theo: Any
    """Another technician."""
    stranger: Any
    """A technician of another company only."""
    auditor: Any
    work: Any
    reading: Any

    def filed(self, **given: Any) -> int:
        """File a ticket as Ana (or ``by``) and return its number."""
        by = given.pop("by", self.ana)
        with self.work(by.actor) as unit:
            wish = NewTicket(**{"title": "Mail is gone", "body": "Since this morning.", **given})
            return file(by.actor, wish, now=unit.now).number

    def does(self, browser: Any, verb: Any, number: int, *args: Any) -> Any:
        """Let somebody do a verb to a ticket, in a transaction of its own; return what the verb returns."""
        with self.work(browser.actor) as unit:
            return verb(browser.actor, ticket_to_change(browser.actor, number), *args, now=unit.now)

    def told(self, browser: Any, verb: Any, number: int, *args: Any) -> list[Any]:
        """The same, returning the facts that were told."""
        with self.work(browser.actor) as unit:
            verb(browser.actor, ticket_to_change(browser.actor, number), *args, now=unit.now)
        return unit.events

    def ticket(self, number: int) -> Ticket:
        """Return a ticket as it stands in the database."""
        with self.reading() as session:
            return get_ticket(self.tina.actor, number, session=session)


@pytest.fixture
def desk(work, reading, sign_in) -> Desk:
    """Give a desk with its people."""
    with work():
        organization_id, other_id = OrganizationFactory(name="Acme").id, OrganizationFactory(name="Other").id
        group_id = GroupFactory(organization=None, organization_id=organization_id, name="Service desk").id
    return Desk(
        organization_id=organization_id,
        other_organization_id=other_id,
        group_id=group_id,
        ana=sign_in(organization=organization_id, name="Ana Horvat"),
        bo=sign_in(organization=organization_id, name="Bo Lind"),
        tina=sign_in(Role.TECHNICIAN, organization=organization_id, groups=[group_id], name="Tina Okafor"),
        theo=sign_in(Role.TECHNICIAN, organization=organization_id, groups=[group_id], name="Theo Eze"),
        stranger=sign_in(Role.TECHNICIAN, organization=other_id, name="Sid Stranger"),
        auditor=sign_in(Role.AUDITOR, organization=organization_id, name="Otto Audit"),
        work=work,
        reading=reading,
    )
