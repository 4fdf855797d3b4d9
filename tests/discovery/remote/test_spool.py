"""The spool: bounded, durable, in order, no number twice; and a sweep that waits for room."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from itsm.demo.fleet.secrets import COMMUNITY
from itsm.discovery.probe.credentials import Community
from itsm.discovery.probe.remote import envelope
from itsm.discovery.probe.remote.keys import KeyPair
from itsm.discovery.probe.remote.parcel import credential_to_json
from itsm.discovery.probe.remote.spool import Spool, SpoolFull
from itsm.discovery.probe.remote.sweeper import Identity, Sweeper
from tests.discovery.remote.live import until

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool.db", room=1000)
    yield opened
    opened.close()


def body(sequence: int) -> bytes:
    return b"%d" % sequence


def test_numbers_grow_and_are_never_used_again(spool, tmp_path):
    assert [spool.append("1", body) for _ in range(3)] == [1, 2, 3]
    assert [one.sequence for one in spool.unsent()] == [1, 2, 3]
    spool.mark_sent([1, 2, 3])
    spool.acknowledge([1, 2, 3])
    assert (spool.unsent(), spool.sent(), spool.pending()) == ([], [], (0, 0))
    spool.close()
    again = Spool(tmp_path / "spool.db", room=1000)
    assert again.append("1", body) == 4
    again.continue_after(2)
    assert again.append("1", body) == 5
    again.continue_after(90)
    assert again.append("1", body) == 91


def test_an_order_is_taken_once_and_what_was_begun_goes_on_first(spool):
    assert [spool.accept(part, b"x") for part in ("1", "2", "1")] == [True, True, False]
    spool.begin("2")
    assert spool.next_work().part == "2"
    spool.append("2", body, done=(7, ["10.0.0.1", "10.0.0.2"]))
    assert (spool.done("2", 7), spool.done("2", 8), spool.done("1", 7)) == ({"10.0.0.1", "10.0.0.2"}, set(), set())
    spool.append("2", body, ends=True)
    assert (spool.next_work().part, spool.done("2", 7), spool.open_parts()) == ("1", set(), ["1"])
    assert spool.accept("2", b"x") is False


def test_a_look_is_not_kept_waiting_by_a_sweep_nor_keeps_one_waiting(spool):
    assert [spool.accept(part, b"x", is_look=part == "2") for part in ("1", "2", "3", "2")] == [True, True, True, False]
    spool.begin("1")
    assert [spool.next_work(looks=looks).part for looks in (False, True, None)] == ["1", "2", "1"]
    spool.append("2", body, ends=True)
    assert spool.next_work(looks=True) is None
    spool.append("1", body, ends=True)
    assert (spool.next_work(looks=False).part, spool.open_parts()) == ("3", ["3"])


def test_a_full_spool_keeps_the_oldest_and_refuses_the_newest(spool):
    spool.append("1", lambda _: b"x" * 1000)
    with pytest.raises(SpoolFull):
        spool.append("1", body, done=(7, ["10.0.0.1"]))
    assert (spool.done("1", 7), [one.sequence for one in spool.unsent()]) == (set(), [1])
    assert spool.append("1", body, must=True) == 2


def test_what_breaks_while_packing_leaves_nothing(spool):
    with pytest.raises(ZeroDivisionError):
        spool.append("1", lambda _: b"%d" % (1 // 0), done=(7, ["10.0.0.1"]))
    assert (spool.pending(), spool.done("1", 7)) == ((0, 0), set())
    assert spool.append("1", body) == 1


KILLED = """
import os, sys
from pathlib import Path
from itsm.discovery.probe.remote.spool import Spool
spool = Spool(Path(sys.argv[1]))
for n in range(10_000):
    spool.append("1", lambda s: b"%d" % s, done=(7, [f"a{n}"]))
    print(n, flush=True)
"""


def test_what_was_kept_outlives_a_kill(tmp_path):
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, tmp_path / "s.db"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(40):
            last = child.stdout.readline()
        child.kill()
        child.wait()
        child.stdout.close()
        spool = Spool(tmp_path / "s.db")
        rows = [one.sequence for one in spool.unsent(100_000)]
        assert rows == list(range(1, len(rows) + 1))
        assert f"a{int(last)}" in spool.done("1", 7)
        spool.close()


def test_a_sweep_waits_for_room_and_loses_nothing(fleet, tmp_path):
    house, ours = KeyPair.fresh(), KeyPair.fresh()
    spool = Spool(tmp_path / "spool.db", room=1)
    community = credential_to_json(Community("credential:1", COMMUNITY, (), "2c"))
    network = {
        "id": 1,
        "name": "n",
        "ranges": ["127.43.21.1-127.43.21.31"],
        "exclusions": ["127.43.21.3"],
        "pace": 4000,
    }
    network |= {"snmp_port": fleet.port, "ssh_port": fleet.ssh_port, "credentials": [community]}
    head = {"kind": "order", "probe": "berlin", "part": "1"}
    spool.accept("1", envelope.pack(head, {"networks": [network]}, signer=house, to=ours.public))
    sweeper = Sweeper(Identity("berlin", ours, house.public), spool)
    thread = threading.Thread(target=sweeper.run_one)
    thread.start()
    seen: list[str] = []
    end = None
    pauses = 0
    while end is None:
        until(lambda: sweeper.state == "spool_full" or not thread.is_alive(), seconds=60)
        pauses += sweeper.state == "spool_full"
        waiting = spool.unsent()
        for one in waiting:
            content = envelope.content_of(envelope.split(one.body), "delivery", sender=ours.public, who="It")
            seen += [report["address"] for report in content.get("reports", ())]
            end = content if content["what"] == "ended" else end
        spool.acknowledge(one.sequence for one in waiting)
        sweeper.state = "sweeping"
    thread.join(timeout=10)
    spool.close()
    assert (end["state"], end["error"], pauses > 0) == ("finished", "", True)
    assert len(seen) == len(set(seen)) >= 5
    assert "127.43.21.3" not in seen
