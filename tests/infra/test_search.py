"""The full-text search finds the same on both databases."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from itsm.infra import search
from itsm.infra.search import words
from tests.application import NOON


def found(session, text, internal=False):
    wanted = search.matching(session, "thing", text, internal=internal)
    return None if wanted is None else sorted(session.scalars(wanted))


@pytest.fixture
def documents(work):
    with work() as unit:
        search.write(unit.session, "thing", 1, at=NOON, title="Drucker in Zürich", body="SN-ABC123 at 10.20.0.7")
        search.write(unit.session, "thing", 2, at=NOON, title="Mail", body="the naïve café", internal="password leaked")
        search.write(unit.session, "other", 1, at=NOON, title="zurich")


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("zurich", [1]),
        ("ZÜRICH", [1]),
        ("druck", [1]),
        ("sn-abc123", [1]),
        ("SN-AB", [1]),
        ("10.20.0.7", [1]),
        ("20.10", []),
        ("cafe naive", [2]),
        ("naive cafe mail", [2]),
        ("password", []),
        ("zurich mail", []),
        ('") OR rowid:* NEAR(', []),
        ("'; drop table x --", []),
        ("& | ! <-> :*", None),
        ("", None),
    ],
)
def test_what_is_asked_is_found(documents, reading, asked, ids):
    with reading() as session:
        assert found(session, asked) == ids


def test_internal_words_are_found_only_by_those_who_may_see_them(documents, reading):
    with reading() as session:
        assert found(session, "password leaked") == []
        assert found(session, "password leaked", internal=True) == [2]


def test_words_can_be_added_replaced_and_forgotten(documents, work, reading):
    later = NOON + timedelta(hours=1)
    with work() as unit:
        search.append(unit.session, "thing", 2, at=later, body="Tonerkassette", internal="geheim")
        search.write(unit.session, "thing", 1, at=later, title="Scanner")
        search.append(unit.session, "thing", 99, at=later, body="nothing")
    with reading() as session:
        assert found(session, "toner") == [2]
        assert found(session, "geheim") == []
        assert found(session, "geheim", internal=True) == [2]
        assert found(session, "cafe") == [2]
        assert found(session, "zurich") == []
        assert found(session, "scanner") == [1]
    with work() as unit:
        search.remove(unit.session, "thing", [1, 2])
    with reading() as session:
        assert found(session, "scanner") == []


def test_a_very_long_text_is_cut_and_kept(work, reading):
    with work() as unit:
        search.write(unit.session, "thing", 5, at=NOON, title="x" * 5000, body="wörd " * 200_000 + "end")
        search.append(unit.session, "thing", 5, at=NOON, body="漢字" * 100_000)
    with reading() as session:
        assert found(session, "word") == [5]


@pytest.mark.parametrize("more", ["", "end", "漢字" * 100_000, "é" * 151_000, "wörd " * 70_000])
def test_a_part_is_cut_at_the_same_letter_on_both_databases(work, reading, more):
    with work() as unit:
        search.write(unit.session, "thing", 5, at=NOON, title="a", body="wörd " * 30_000 + "漢" * 5000)
        before = _document(unit.session, 5).body
        search.append(unit.session, "thing", 5, at=NOON, body=more)
    with reading() as session:
        kept = _document(session, 5).body
        assert kept == words.bounded(f"{before} {search.fold(more)}".strip())
        assert len(kept.encode()) <= search.MOST_BYTES


def test_what_one_transaction_writes_again_counts_as_it_was_written_last(work, reading):
    with work() as unit:
        search.write(unit.session, "thing", 1, at=NOON, title="printer", body="jam")
        search.append(unit.session, "thing", 1, at=NOON, title="scanner", body="lamp", internal="secret")
        search.write(unit.session, "thing", 1, at=NOON, title="printer", body="jam")
    with reading() as session:
        assert (found(session, "printer jam"), found(session, "scanner"), found(session, "lamp")) == ([1], [], [])
        assert found(session, "secret", internal=True) == []


def test_many_things_take_as_many_statements_as_one_and_the_last_words_count(work, reading, statements):
    def written(numbers):
        statements.clear()
        with work() as unit:
            things = [search.Words(n, f"thing {n}", "old" if n == 2 and k == 0 else "new") for k, n in numbers]
            search.write_many(unit.session, "thing", things, at=NOON)
        return len(statements)

    assert written([(0, 9)]) == written([(0, 3), (0, 2), (1, 2), (0, 1)])
    with reading() as session:
        assert found(session, "new") == [1, 2, 3, 9]
        assert found(session, "old") == []


def _document(session, subject_id):
    wanted = select(search.SearchDocument.title, search.SearchDocument.body)
    return session.execute(wanted.where(search.SearchDocument.subject_id == subject_id)).one()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_no_question_breaks_the_search(app, text):
    with app.app_context():
        from itsm.infra.db import db

        found(db.session(), text)
        db.session.rollback()
