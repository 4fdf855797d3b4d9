"""Many writers at once: nobody is turned away, nothing is lost, locks hold between transactions."""

import threading
import time

import pytest
from sqlalchemy import text

from tests.infra.jobs.conftest import Ground, until


def test_writers_and_workers_side_by_side_are_never_refused(ground: Ground) -> None:
    """On SQLite all of these want the one write lock; nobody may hear of it."""

    @ground.jobs.task(name="effect")
    def effect(name: str) -> None:
        with ground.session() as session:
            session.execute(text("INSERT INTO effect VALUES (:name)"), {"name": name})

    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for n in range(15):
                with ground.session() as session:
                    ground.jobs.enqueue(session, "effect", {"name": f"{writer}-{n}"})
        except BaseException as exc:
            failures.append(exc)

    patient = {"concurrency": 4, "heartbeat": 1.0, "stalled_after": 60.0}  # a busy machine is no dead worker
    with ground.worker(**patient), ground.worker(**patient):
        writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join(60)
        until(lambda: ground.statuses() == ["succeeded"] * 120, seconds=120)
    assert failures == []
    assert ground.rows("SELECT count(*) FROM effect") == [(120,)]
    assert ground.rows("SELECT count(*) FROM job_error") == [(0,)]


@pytest.mark.parametrize("commits", [True, False])
def test_a_queueing_lock_taken_by_an_open_transaction_is_waited_for(ground: Ground, commits: bool) -> None:
    ground.jobs.task(name="note")(lambda: None)
    holding, answers = threading.Event(), list[int | None]()

    def first() -> None:
        with ground.session() as session:
            ground.jobs.enqueue(session, "note", {}, queueing_lock="q")
            holding.set()
            time.sleep(0.4)
            if not commits:
                session.rollback()

    def second() -> None:
        assert holding.wait(10)
        with ground.session() as session:
            answers.append(ground.jobs.enqueue(session, "note", {}, queueing_lock="q"))

    threads = [threading.Thread(target=run) for run in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [answer is None for answer in answers] == [commits]
    assert ground.statuses() == ["todo"]
