"""Failing, retrying, giving up: what happens to jobs that do not work, on both databases."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from itsm.infra.jobs import letters, queries
from itsm.infra.jobs.engine import Jobs
from itsm.infra.jobs.failure import LONGEST, describe
from itsm.infra.jobs.retry import ONCE, GiveUp, Retry, RetryAfter, Strategy
from itsm.kernel.clock import FixedClock
from tests.infra.jobs.conftest import Ground, until

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AT_ONCE = Retry(attempts=3, first=timedelta(0))


def test_a_poison_job_ends_as_a_dead_letter_and_the_others_go_on(ground: Ground) -> None:
    @ground.jobs.task(name="poison", retry=AT_ONCE)
    def poison(n: int) -> None:
        ground.log.append(n)
        if n == 0:
            raise ValueError("this address is no address: 'x@@y'")

    with ground.session() as session:
        numbers = [ground.jobs.enqueue(session, "poison", {"n": n}) for n in range(4)]
    with ground.worker():
        until(lambda: sorted(ground.statuses()) == ["failed", "succeeded", "succeeded", "succeeded"])
    assert sorted(ground.log) == [0, 0, 0, 1, 2, 3]
    with ground.session() as session:
        (letter,) = queries.dead_letters(session)
        assert queries.count_dead_letters(session) == 1
    assert (letter.id, letter.task_name, letter.queue) == (numbers[0], "poison", "default")
    assert (letter.payload, letter.attempts) == ({"n": 0}, 3)
    assert letter.error.splitlines()[0] == "ValueError: this address is no address: 'x@@y'"
    assert "infra/jobs/test_failures.py" in letter.error
    assert "procrastinate" not in letter.error
    assert letter.failed_at is not None
    assert abs(datetime.now(UTC) - letter.failed_at) < timedelta(seconds=60)


def test_waits_between_attempts_grow_with_jitter_and_have_a_limit() -> None:
    rule = Retry(attempts=6, first=timedelta(seconds=10), factor=4, longest=timedelta(hours=1), jitter=0.3)
    for attempt, middle in [(1, 10), (2, 40), (3, 160), (4, 640), (5, 2560), (6, 3600), (10**6, 3600)]:
        waits = [rule.wait(attempt).total_seconds() for _ in range(200)]
        assert middle * 0.7 <= min(waits) < max(waits) <= middle * 1.3
        assert len(set(waits)) > 100
    assert all(rule.wait(a + 1) >= rule.wait(a) * 0.5 for a, _ in pairwise(range(1, 6)))


@pytest.mark.parametrize("changes", [{"attempts": 0}, {"factor": 0.5}, {"jitter": 1.0}])
def test_an_unusable_rule_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a usable retry rule"):
        Retry(**changes)


def test_a_task_can_give_up_or_say_when_to_come_back() -> None:
    strategy = Strategy(Retry(attempts=3, jitter=0, first=timedelta(minutes=1)), FixedClock(NOON))

    def decided(error: Exception, attempts_before: int) -> datetime | None:
        job = Job(queue="q", task_name="t", lock=None, queueing_lock=None, attempts=attempts_before)
        decision = strategy.get_retry_decision(exception=error, job=job)
        return decision.retry_at if decision else None

    assert decided(OSError(), 0) == NOON + timedelta(minutes=1)
    assert decided(OSError(), 1) == NOON + timedelta(minutes=4)
    assert decided(OSError(), 2) is None
    assert decided(GiveUp("no such mailbox"), 0) is None
    assert decided(RetryAfter(timedelta(hours=2), "busy"), 0) == NOON + timedelta(hours=2)
    assert decided(RetryAfter(timedelta(hours=2), "busy"), 2) is None


def test_the_wait_is_kept_in_the_job_and_the_last_error_with_it(ground: Ground) -> None:
    @ground.jobs.task(name="later", retry=Retry(first=timedelta(hours=1), jitter=0))
    def later() -> None:
        raise TimeoutError("the server said nothing for 30 s")

    with ground.session() as session:
        number = ground.jobs.enqueue(session, "later", {})
    with ground.worker():
        until(lambda: ground.rows("SELECT 1 FROM procrastinate_jobs WHERE attempts = 1"))
    with ground.session() as session:
        assert queries.dead_letters(session) == []
        (depth,) = queries.queue_depths(session, now=datetime.now(UTC))
    assert (depth.queue, depth.due, depth.later, depth.running, depth.failed) == ("default", 0, 1, 0, 0)
    ((job_id, attempt, error),) = ground.rows("SELECT job_id, attempt, error FROM job_error")
    assert (job_id, attempt, error.split("\n")[0]) == (
        number,
        1,
        "TimeoutError: the server said nothing for 30 s",
    )


def test_a_dead_letter_is_retried_with_all_its_attempts_or_discarded(ground: Ground) -> None:
    broken = threading.Event()

    @ground.jobs.task(name="fragile", retry=ONCE)
    def fragile(n: int) -> None:
        if not broken.is_set():
            raise RuntimeError("not yet")
        ground.log.append(n)

    with ground.session() as session:
        first, second = (ground.jobs.enqueue(session, "fragile", {"n": n}) or 0 for n in (1, 2))
    with ground.worker():
        until(lambda: ground.statuses() == ["failed", "failed"])
        broken.set()
        with ground.session() as session:
            assert [letter.id for letter in queries.dead_letters(session)] == [second, first]
            assert [letter.id for letter in queries.dead_letters(session, before_id=second)] == [first]
            assert [letter.id for letter in queries.dead_letters(session, limit=1)] == [second]
            assert queries.dead_letters(session, task_name="other") == []
            assert letters.retry(session, first) is True
            assert letters.retry(session, first) is False
            assert letters.discard(session, second) is True
            assert letters.discard(session, second) is False
            assert letters.discard(session, 99_999) is False
        until(lambda: ground.log == [1])
        until(lambda: ground.statuses() == ["succeeded"])
    assert ground.rows("SELECT id, attempts FROM procrastinate_jobs") == [(first, 1)]
    assert ground.rows("SELECT job_id FROM job_error") == [(first,)]


def test_a_retried_letter_gives_up_a_queueing_lock_that_is_taken(ground: Ground) -> None:
    ground.jobs.task(name="note", retry=ONCE)(lambda: ground.log.append(1))
    with ground.session() as session:
        number = ground.jobs.enqueue(session, "note", {}, queueing_lock="q") or 0
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
        ground.jobs.enqueue(session, "note", {}, queueing_lock="q")
        assert letters.retry(session, number) is True
    assert ground.rows("SELECT queueing_lock FROM procrastinate_jobs ORDER BY id") == [(None,), ("q",)]


def test_a_job_of_a_newer_version_waits_for_a_worker_that_knows_its_task(ground: Ground) -> None:
    newer = Jobs(ground.url, clock=ground.clock)
    newer.task(name="new_feature")(lambda n: ground.log.append(n))
    with ground.session() as session:
        number = newer.enqueue(session, "new_feature", {"n": 7})
    ground.jobs.task(name="old_feature")(lambda: None)
    with ground.worker(queues=["default"]):
        until(lambda: ground.rows("SELECT 1 FROM procrastinate_jobs WHERE attempts = 1"))
    assert ground.rows("SELECT id, task_name, status FROM procrastinate_jobs") == [(number, "new_feature", "todo")]
    ((error,),) = ground.rows("SELECT error FROM job_error")
    assert "This worker has no task named 'new_feature'" in error
    with ground.session() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    with ground.worker(jobs=newer):
        until(lambda: ground.statuses() == ["succeeded"])
    assert ground.log == [7]


def test_a_job_that_nobody_ever_knows_becomes_a_dead_letter(ground: Ground) -> None:
    ground.jobs.task(name="gone")(lambda: None)
    with ground.session() as session:
        ground.jobs.enqueue(session, "gone", {})
        session.execute(text("UPDATE procrastinate_jobs SET attempts = 11"))
    with ground.worker(jobs=Jobs(ground.url, clock=ground.clock), queues=["default"]):
        until(lambda: ground.statuses() == ["failed"])
    with ground.session() as session:
        assert [(letter.task_name, letter.attempts) for letter in queries.dead_letters(session)] == [("gone", 12)]


def test_a_payload_that_does_not_fit_the_task_becomes_a_dead_letter_with_its_reason(ground: Ground) -> None:
    @ground.jobs.task(name="strict", retry=AT_ONCE)
    def strict(ticket_id: int) -> None:
        ground.log.append(ticket_id)

    with ground.session() as session:
        ground.jobs.enqueue(session, "strict", {"ticket": 1})
    with ground.worker():
        until(lambda: ground.statuses() == ["failed"])
    with ground.session() as session:
        (letter,) = queries.dead_letters(session)
    assert "unexpected keyword argument 'ticket'" in letter.error


def test_the_text_of_an_error_is_bounded_and_free_of_nul() -> None:
    def deep(n: int) -> None:
        if n:
            deep(n - 1)
        try:
            raise KeyError("inner\x00")
        except KeyError as exc:
            raise ValueError("x\x00" * 100_000) from exc

    with pytest.raises(ValueError, match="x") as caught:
        deep(50)
    told = describe(caught.value)
    assert len(told) <= LONGEST
    assert "\x00" not in told
    assert told.startswith("ValueError: x\ufffdx")
    assert "caused by KeyError" in told
    assert told.count("in deep") == 8
