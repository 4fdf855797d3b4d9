"""What may be done with a ticket is the same, asked for at once and one by one."""

from itertools import product

import pytest

from itsm.kernel.actor import Actor, Role
from itsm.kernel.policy import allowed, rights
from itsm.tickets.models import Participant, Ticket
from itsm.tickets.policies import POLICY, TicketPermission


def ticket(**given):
    return Ticket(organization_id=1, requester_id=5, participants=[Participant(person_id=7)], **given)


ACTORS = [
    Actor(user_id=1, person_id=person_id, name="x", roles=frozenset(roles), organization_ids=frozenset({home}))
    for person_id, roles, home in product((5, 7, 9), ([Role.EMPLOYEE], [Role.TECHNICIAN], [Role.AUDITOR]), (1, 2))
]


@pytest.mark.parametrize("actor", [*ACTORS, Actor.house(), Actor.anonymous()])
def test_rights_are_what_is_allowed(actor):
    for thing in (ticket(), ticket(affected_id=9)):
        one_by_one = {permission for permission in TicketPermission if allowed(POLICY, actor, permission, thing)}
        assert rights(POLICY, actor, thing) == one_by_one


def test_each_predicate_is_asked_once():
    asked = []

    def is_asked(actor, thing):
        asked.append(thing)
        return False

    policy = {permission: [[is_asked], [is_asked, is_asked]] for permission in TicketPermission}
    assert rights(policy, ACTORS[0], "thing") == frozenset()
    assert asked == ["thing"]
