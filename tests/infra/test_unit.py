"""The unit of work: what is inside is kept whole, what is outside cannot write, and the journal tells it."""

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from itsm.accounts.models import Person
from itsm.infra import journal
from itsm.infra.db import db
from itsm.infra.journal import JournalHead, JournalRow
from itsm.org.models import Organization
from tests.factories.accounts import PersonFactory
from tests.factories.org import OrganizationFactory


def test_what_is_outside_a_transaction_cannot_write(app):
    with app.app_context():
        db.session.add(Organization(name="Sneaky"))
        with pytest.raises(DBAPIError):
            db.session.flush()


def test_an_exception_leaves_nothing_behind(work, reading):
    with pytest.raises(ZeroDivisionError), work():
        OrganizationFactory()
        _ = 1 / 0
    with reading() as session:
        assert session.scalar(select(func.count(Organization.id))) == 0
        assert session.scalar(select(func.count(JournalRow.sequence))) == 0


def test_the_journal_tells_before_and_after(work, reading):
    with work():
        person_id = PersonFactory(name="Ana").id
    with work() as unit:
        unit.session.get_one(Person, person_id).name = "Anna"
    with reading() as session:
        row = session.scalars(select(JournalRow).order_by(JournalRow.sequence.desc())).first()
        assert (row.action, row.subject_type, row.subject_id) == ("changed", "person", str(person_id))
        assert (row.detail["before"], row.detail["after"]) == ({"name": "Ana"}, {"name": "Anna"})


def test_two_saves_of_one_version_cannot_both_win(work):
    with work():
        person_id = PersonFactory().id
    with pytest.raises(StaleDataError), work() as unit:
        person = unit.session.get_one(Person, person_id)
        unit.session.execute(update(Person).values(version=7).execution_options(synchronize_session=False))
        person.name = "Late"


def test_what_is_set_to_what_it_was_is_no_change(work, reading):
    with work():
        person = PersonFactory(name="Ana")
        person_id, version = person.id, person.version
    with work() as unit:
        unit.session.get_one(Person, person_id).name = "Ana"
    with reading() as session:
        assert session.get_one(Person, person_id).version == version
        assert session.scalar(select(func.count(JournalRow.sequence)).where(JournalRow.action == "changed")) == 0


def test_one_line_and_many_make_one_chain(work, reading):
    for lines in (1, 3, 1, 1, 2):
        with work():
            OrganizationFactory.create_batch(lines)
    with reading() as session:
        assert (journal.verify(session).rows, journal.verify(session).fault) == (8, None)


def _chain(work):
    with work():
        for _ in range(5):
            OrganizationFactory()


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (update(JournalRow).where(JournalRow.sequence == 3).values(action="nothing"), "row 3 was changed"),
        (delete(JournalRow).where(JournalRow.sequence == 2), "row 2 is missing"),
        (delete(JournalRow).where(JournalRow.sequence == 5), "the journal ends at row 4, its head says 5"),
        (
            update(JournalRow).where(JournalRow.sequence == 4).values(detail={"after": {"name": "X"}}),
            "the detail of row 4 was changed",
        ),
        (update(JournalRow).where(JournalRow.sequence == 4).values(detail=None, salt=None), None),
    ],
)
def test_tampering_with_the_journal_shows_and_erasing_personal_detail_does_not(work, reading, tamper, fault):
    _chain(work)
    with reading() as session:
        assert journal.verify(session).holds
        assert journal.verify(session).rows == 5
    with work() as unit:
        unit.session.execute(tamper)
    with reading() as session:
        assert journal.verify(session).fault == fault


def test_a_cut_end_shows_by_what_was_witnessed_outside(work, reading):
    _chain(work)
    with reading() as session:
        sequence, seal = session.execute(select(JournalHead.sequence, JournalHead.hash)).one()
    with work() as unit:
        unit.session.execute(delete(JournalRow).where(JournalRow.sequence == 5))
        previous = unit.session.scalar(select(JournalRow.hash).where(JournalRow.sequence == 4))
        unit.session.execute(update(JournalHead).values(sequence=4, hash=previous))
    with reading() as session:
        assert journal.verify(session).holds
        verdict = journal.verify(session, witnessed=[(sequence, seal)])
        assert verdict.fault == "row 5 was witnessed outside and is gone"
