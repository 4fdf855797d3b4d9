"""A probe that is cut off keeps the schedules of its networks by its own copy."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.courier import Courier
from itsm.discovery.probe.remote.home import Home
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.post import Post
from itsm.discovery.probe.remote.spool import SpoolFull

NIGHT = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)


@pytest.fixture
def post(tmp_path):
    """Give a probe whose standing order has a schedule of one network, and another that is none of its business."""
    house = KeyPair.fresh()
    home = Home(tmp_path / "home")
    keys = home.settle().public
    said = {"sign": house.public.sign, "box": house.public.box}
    home.tell(name="berlin", probe_id=1, password="x", role="r", host="127.0.0.1", port=1, database="d", house=said)
    made = Post(home)
    networks = [{"id": n, "name": f"n{n}", "ranges": [f"127.43.98.{n}"], "exclusions": []} for n in (1, 2)]
    schedules = [{"id": 7, "cron": "30 2 * * *", "time_zone": "UTC", "networks": [2]}]
    head = {"kind": "order", "probe": "berlin", "part": "standing"}
    head["expires_at"] = (NIGHT + timedelta(days=30)).isoformat()
    parcel = envelope.pack(head, {"networks": networks, "schedules": schedules}, signer=house, to=keys)
    made.spool.note("standing", parcel.hex())
    yield made
    made.spool.close()


def test_a_schedule_that_came_due_is_begun_once_and_only_for_its_networks(post):
    minute = timedelta(minutes=1)
    assert post.begin_due(NIGHT - 2 * minute, NIGHT - minute) == []
    key = f"schedule:7:{NIGHT.isoformat()}"
    assert post.begin_due(NIGHT - minute, NIGHT + minute) == [key]
    assert post.begin_due(NIGHT - minute, NIGHT + minute) == []
    assert post.sweeper.run_one()
    told = [
        envelope.content_of(envelope.split(one.body), "delivery", sender=post.identity.keys.public, who="It")
        for one in post.spool.everything(key)
    ]
    assert (told[-1]["what"], told[-1]["state"], list(told[-1]["progress"]["networks"])) == ("ended", "finished", ["2"])
    assert post.spool.knows(key)


def test_a_standing_order_that_is_too_old_is_not_followed(post):
    late = NIGHT + timedelta(days=40)
    with pytest.raises(envelope.Refused, match="expired"):
        post.begin_due(late - timedelta(days=1), late)


def test_a_standing_order_that_is_none_ends_no_thread(post, tmp_path):
    now = datetime.now(UTC)
    head = {"kind": "order", "probe": "berlin", "part": "standing", "expires_at": (now + timedelta(days=1)).isoformat()}
    rows = ([{"id": 7, "cron": "61 2 * * *", "time_zone": "UTC", "networks": [2]}], [None], 7)
    post.courier.cut_since, post._cut_for = 0.0, 0.02
    house = KeyPair.fresh()
    post.identity.house = house.public
    thread = threading.Thread(target=post._keep_schedules, daemon=True)
    thread.start()
    for schedules in rows:
        parcel = envelope.pack(head, {"schedules": schedules}, signer=house, to=post.identity.keys.public)
        post.spool.note("standing", parcel.hex())
        time.sleep(0.2)
        assert thread.is_alive()
    post.stop()
    thread.join(5)


def test_a_spool_that_fails_for_a_moment_ends_no_thread(post):
    """A disk that is full, or that fails: the courier tries again, as it does when the line is cut."""
    tried = threading.Semaphore(0)

    def broken():
        tried.release()
        raise SpoolFull("the disk is full")

    carrier = Courier(post.spool, 1, broken, state=lambda: "idle")
    thread = threading.Thread(target=carrier.run, daemon=True)
    thread.start()
    assert tried.acquire(timeout=5) and tried.acquire(timeout=5)
    assert thread.is_alive() and not carrier.is_connected
    carrier.stop()
    thread.join(5)


def test_what_is_known_of_an_order_by_another_name_is_forgotten_with_it(post):
    key = f"schedule:7:{NIGHT.isoformat()}"
    assert post.begin_due(NIGHT - timedelta(minutes=1), NIGHT + timedelta(minutes=1)) == [key]
    post.spool.note("alias 12", key)
    assert post.spool.watched() == [key, "12"]
    assert post.sweeper.run_one()
    assert (post.spool.watched(), post.spool.fact("alias 12"), post.spool.fact(f"networks {key}")) == ([], None, None)
