"""Uploads: durable before their row, seen by their uploader until they are claimed, swept out when nobody does."""

import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from itsm.attachments import queries, tasks
from itsm.attachments.models import Attachment, StoredFile
from itsm.attachments.owners import Owner, register_owner
from itsm.attachments.services import uploads
from itsm.infra.journal.model import JournalRow
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Forbidden, Invalid, NotFound
from tests.application import NOON, only
from tests.attachments.conftest import THING


def received(app, content: bytes = b"hello", name: str = "note.txt") -> uploads.Upload:
    with app.app_context():
        return only(uploads.receive([(name, io.BytesIO(content))]))


def added(app, work, actor: Actor, content: bytes = b"hello") -> int:
    upload = received(app, content)
    with work(actor) as unit:
        return uploads.add(actor, upload, now=unit.now).id


def test_an_upload_is_on_the_disk_before_its_row(app, work, sign_in, reading) -> None:
    upload = received(app)
    with app.app_context():
        assert uploads.file_store().path(upload.file.sha256).read_bytes() == b"hello"
    ana = sign_in().actor
    with work(ana) as unit:
        uploads.add(ana, upload, now=unit.now)
    with reading() as session:
        row = only(session.scalars(select(StoredFile)))
        assert (row.sha256, row.size, row.media_type) == (upload.file.sha256, 5, "text/plain")
        kept = only(session.scalars(select(Attachment)))
        assert (kept.name, kept.owner_kind, kept.uploaded_by_id) == ("note.txt", None, ana.user_id)
        lines = session.scalars(select(JournalRow).where(JournalRow.subject_type == "attachment")).all()
        assert [(line.action, line.actor_id, line.detail["label"]) for line in lines] == [
            ("created", ana.user_id, "note.txt")
        ]


def test_the_same_content_is_one_file_and_two_attachments(app, work, sign_in, reading) -> None:
    ana = sign_in().actor
    added(app, work, ana)
    added(app, work, ana)
    with reading() as session:
        counts = [session.scalar(select(func.count()).select_from(model)) for model in (StoredFile, Attachment)]
        assert counts == [1, 2]


def test_a_visitor_may_not_upload(app, work) -> None:
    upload = received(app)
    with work() as unit, pytest.raises(Forbidden):
        uploads.add(Actor.anonymous(), upload, now=unit.now)


def test_too_many_files_are_refused_before_any_is_kept(app) -> None:
    with app.app_context():
        before = set(uploads.file_store().names())
        with pytest.raises(Invalid, match="look at the marked"):
            uploads.receive([(f"{n}.txt", io.BytesIO(b"many %d" % n)) for n in range(21)])
        assert set(uploads.file_store().names()) == before
        assert uploads.receive([("", io.BytesIO(b""))]) == []


def test_only_the_uploader_sees_it_until_it_is_claimed(app, work, sign_in, reading, things) -> None:
    ana, ben = sign_in(), sign_in()
    number = added(app, work, ana.actor)
    with reading():
        assert queries.get_attachment(ana.actor, number).id == number
        for other in (ben.actor, Actor.anonymous()):
            with pytest.raises(NotFound):
                queries.get_attachment(other, number)
    with work(ana.actor):
        uploads.claim(ana.actor, [number], things.open_to(7, ben))
    with reading():
        assert queries.get_attachment(ben.actor, number).id == number
        # The owner's room decides now, also about the uploader.
        with pytest.raises(NotFound):
            queries.get_attachment(ana.actor, number)


def test_claiming_twice_changes_nothing_and_stealing_is_refused(app, work, sign_in, things) -> None:
    ana, ben = sign_in(), sign_in()
    number = added(app, work, ana.actor)
    mine, other = things.open_to(1, ana), things.open_to(2, ana)
    for _ in range(2):
        with work(ana.actor):
            assert [attachment.id for attachment in uploads.claim(ana.actor, [number, number], mine)] == [number]
    for actor, owner in ((ana.actor, other), (ben.actor, other)):
        with work(actor), pytest.raises(NotFound, match="Please attach it again"):
            uploads.claim(actor, [number], owner)


@pytest.mark.parametrize("ids", [[999_999], [0], [-1], [2**63]])
def test_claiming_what_is_not_there_is_refused(app, work, sign_in, things, ids) -> None:
    ana = sign_in()
    with work(ana.actor), pytest.raises(NotFound):
        uploads.claim(ana.actor, ids, things.open_to(1, ana))


def test_one_foreign_upload_among_own_ones_claims_none(app, work, sign_in, things, reading) -> None:
    ana, ben = sign_in(), sign_in()
    own, foreign = added(app, work, ana.actor), added(app, work, ben.actor)
    with pytest.raises(NotFound), work(ana.actor):
        uploads.claim(ana.actor, [own, foreign], things.open_to(1, ana))
    with reading() as session:
        assert session.scalars(select(Attachment.owner_id)).all() == [None, None]


def test_a_kind_that_nobody_answers_for_owns_nothing(app, work, sign_in) -> None:
    ana = sign_in()
    number = added(app, work, ana.actor)
    with work(ana.actor), pytest.raises(LookupError, match="no room answers"):
        uploads.claim(ana.actor, [number], Owner("nobody", 1))
    with pytest.raises(ValueError, match="registered already"):
        register_owner(app, THING, lambda actor, number: True) or register_owner(app, THING, lambda a, n: True)


def test_mail_may_attach_without_an_account(app, work, sign_in, things, reading) -> None:
    ana = sign_in()
    upload = received(app)
    with work() as unit:
        number = uploads.attach(Actor.house(), upload, things.open_to(3, ana), now=unit.now).id
    with reading():
        assert [one.id for one in queries.attachments_of_one(Owner(THING, 3))] == [number]
        assert queries.attachments_of(THING, []) == {}
        assert list(queries.attachments_of(THING, [3, 4])) == [3]


def test_unclaimed_uploads_and_their_files_are_swept_out(app, work, sign_in, things, reading, clock) -> None:
    ana = sign_in()
    kept, forgotten = added(app, work, ana.actor, b"kept"), added(app, work, ana.actor, b"forgotten")
    with work(ana.actor):
        uploads.claim(ana.actor, [kept], things.open_to(1, ana))
    with app.app_context():
        store = uploads.file_store()
        for name in list(store.names()):
            _make_old(store, name)
        unreferenced = _unreferenced(store)
        assert sorted(tasks.sweep()) == unreferenced
    clock.moment = NOON + timedelta(days=8)
    young = added(app, work, replace(ana.actor), b"young")
    with app.app_context():
        gone = tasks.sweep()
        names = queries.stored_names()
        assert gone == [hashlib.sha256(b"forgotten").hexdigest()]
        assert {name for name in names if store.path(name).exists()} == names
    with reading() as session:
        assert session.scalars(select(Attachment.id).order_by(Attachment.id)).all() == [kept, young]
    assert forgotten not in {kept, young}


def _make_old(store, name: str) -> None:
    import os
    import time

    then = time.time() - 3 * 86_400
    os.utime(store.path(name), (then, then))


def _unreferenced(store) -> list[str]:
    """Files of earlier tests may lie in the store that all tests of a run share; rows never refer to them."""
    return sorted(set(store.names()) - queries.stored_names())
