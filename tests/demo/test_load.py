"""A bulk load leaves what the services would have left: the same counts, numbers, turns, words and markup."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from itsm.accounts.models import Person, UserAccount
from itsm.assets.enums import AssetKind
from itsm.assets.models import Asset, Category, Interface
from itsm.assets.services.registration import NewAsset, register_asset
from itsm.demo.load import Load, fill
from itsm.demo.load.prose import COMMON_WORD, RARE_WORD
from itsm.infra import bulk, journal, search
from itsm.infra.db import db
from itsm.kernel.actor import Actor
from itsm.tickets.enums import FINAL, UNSOLVED, EntryKind, Side, StateCategory
from itsm.tickets.models import Entry, Merge, Tally, Ticket, TicketAsset
from itsm.tickets.queries import queue, visible_tickets
from itsm.tickets.queries.wish import Wish
from itsm.tickets.rules.turn import turn_of
from itsm.tickets.services import filing, keeping
from itsm.tickets.services.words import rendered

LOAD = Load(tickets=1200, assets=300, comments=3, people=60, technicians=9, seed=7)


@pytest.fixture
def loaded(app, work):
    with work() as unit:
        fill(unit, LOAD)


def test_there_is_as_much_as_was_asked_for(loaded, reading):
    with reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 1200
        assert session.scalar(select(func.count(Asset.id))) == 300
        assert session.scalar(select(func.count(Person.id))) == 69
        assert session.scalar(select(func.count(UserAccount.id))) == 69
        said = select(Entry.ticket_id, func.count()).where(Entry.kind != EntryKind.FACT).group_by(Entry.ticket_id)
        assert {number for _id, number in session.execute(said)} == {4}
        assert set(session.scalars(select(Ticket.category).distinct())) == set(StateCategory)
        assert session.scalar(select(func.count(Interface.id))) > 300


def test_kept_columns_say_what_the_entries_say(loaded, reading):
    with reading() as session:
        entries = {}
        for entry in session.scalars(select(Entry).order_by(Entry.id)):
            entries.setdefault(entry.ticket_id, []).append(entry)
        for ticket in session.scalars(select(Ticket)):
            mine = entries[ticket.id]
            public = [e for e in mine if e.kind is EntryKind.REPLY]
            assert ticket.reply_count == len(public)
            assert ticket.note_count == sum(e.kind is EntryKind.NOTE for e in mine)
            assert ticket.last_activity_at == max(e.at for e in mine) == mine[-1].at
            assert (ticket.last_public_at, ticket.last_public_side) == (public[-1].at, public[-1].side)
            assert ticket.first_replied_at == next((e.at for e in public if e.side is Side.DESK), None)
            assert ticket.turn is turn_of(ticket.category, ticket.pending_reason, ticket.last_public_side)
            assert ticket.is_open is (ticket.category in UNSOLVED)
            assert (ticket.closed_at is not None) is (ticket.category in FINAL)
            assert ticket.created_at == mine[0].at
        for entry in session.scalars(select(Entry).where(Entry.kind != EntryKind.FACT).limit(200)):
            assert entry.html == rendered(entry.source)


def test_tallies_equal_the_real_counts(loaded, reading):
    with reading() as session:
        real = Counter(keeping.tally_key(ticket) for ticket in session.scalars(select(Ticket)))
        kept = {
            keeping.TallyKey(t.organization_id, t.group_id, t.assignee_id, t.category, t.turn): t.number
            for t in session.scalars(select(Tally))
        }
        assert kept == dict(real)


def test_the_words_are_found(loaded, reading):
    with reading() as session:
        for word, number in ((RARE_WORD, 1), (COMMON_WORD, 240)):
            found = search.matching(session, "ticket", word)
            assert found is not None
            assert session.scalar(select(func.count()).select_from(found.subquery())) == number
        asset = session.scalars(select(Asset).where(Asset.kind == AssetKind.SERVER).limit(1)).one()
        by_serial = search.matching(session, "asset", asset.serial)
        assert by_serial is not None
        assert session.scalars(by_serial).all() == [asset.id]
        actor = Actor.house()
        page = queue.page(actor, Wish.of({"q": RARE_WORD, "state": "all"}), session)
        source = select(Entry.source).where(Entry.ticket_id == page.rows[0].id).order_by(Entry.id).limit(1)
        assert RARE_WORD in (session.scalar(source) or "")


def test_numbers_follow_one_another_and_go_on(loaded, work):
    with work() as unit:
        numbers = list(unit.session.scalars(select(Ticket.number).order_by(Ticket.id)))
        assert numbers == list(range(1001, 2201))
        requester = unit.session.scalars(select(Person).order_by(Person.id).limit(1)).one()
        wish = filing.NewTicket(title="After the load", body="Hello", requester_id=requester.id)
        ticket = filing.file(Actor.house(), wish, now=unit.now)
        assert ticket.number == 2201
        laptops = unit.session.scalars(select(Category).filter_by(kind=AssetKind.LAPTOP)).one()
        held = unit.session.scalar(select(func.count(Asset.id)).where(Asset.kind == AssetKind.LAPTOP))
        assert laptops.next_number == held + 1
        new = NewAsset(organization_id=requester.organization_id, name="one more", kind=AssetKind.LAPTOP)
        assert register_asset(Actor.house(), new, now=unit.now).tag == f"{laptops.tag_prefix}{held + 1:05d}"


def test_merged_tickets_lead_to_one_that_stands(loaded, reading):
    with reading() as session:
        merges = session.scalars(select(Merge)).all()
        assert merges
        for merge in merges:
            source, survivor = session.get_one(Ticket, merge.source_id), session.get_one(Ticket, merge.survivor_id)
            assert (source.category, source.merged_into_id) == (StateCategory.MERGED, survivor.id)
            assert survivor.category is not StateCategory.MERGED
            assert survivor.requester_id == source.requester_id


def test_devices_are_those_that_the_requester_holds(loaded, reading):
    with reading() as session:
        ties = session.execute(
            select(Ticket.asset_id, TicketAsset.asset_id, TicketAsset.snapshot, Asset.tag, Asset.custodian_id)
            .add_columns(Ticket.requester_id)
            .join(TicketAsset, TicketAsset.ticket_id == Ticket.id)
            .join(Asset, Asset.id == TicketAsset.asset_id)
        ).all()
        assert len(ties) > 300
        for first, tied, snapshot, tag, custodian, requester in ties:
            assert (first, snapshot["tag"], custodian) == (tied, tag, requester)


def test_the_journal_tells_of_the_load_and_holds(loaded, reading):
    with reading() as session:
        assert journal.verify(session).holds
        row = session.scalars(select(journal.JournalRow).filter_by(action="loaded")).one()
        assert row.detail["after"]["tickets"] == 1200


def test_a_second_load_comes_on_top(loaded, app, work, reading):
    with work() as unit:
        fill(unit, Load(tickets=50, assets=10, people=5, technicians=2, seed=8))
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        bulk.tidy(connection)
    with reading() as session:
        assert session.scalar(select(func.count(Ticket.id))) == 1250
        assert session.scalar(select(func.max(Ticket.number))) == 2250
        assert session.scalar(select(func.sum(Tally.number))) == 1250
        assert len(session.scalars(visible_tickets(Actor.house()).limit(3)).all()) == 3
