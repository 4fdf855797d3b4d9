"""Who may see a credential: host keys that a person has approved; and how often an account may fail."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from itsm.discovery.probe.budget import Stopped

HELD_FOR: Final = timedelta(hours=1)
"""How long an account is left alone after too many refusals in a row: directories forget theirs sooner."""


MOST_FAILURES: Final = 3
"""Refusals in a row after which an account is left alone."""


def fingerprint(key: bytes) -> str:
    """Return the ``SHA256:…`` fingerprint of a public key blob, as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Pins:
    """Approved host keys: ``by_address`` for known devices, ``anywhere`` for keys given on the command line."""

    anywhere: frozenset[str] = frozenset()
    by_address: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def judge(self, address: str, shown: str) -> None:
        """Accept a key or raise Stopped: ``host_key_changed`` where another is on file, else ``host_key_unknown``."""
        expected = self.by_address.get(address)
        if shown in (self.anywhere if expected is None else expected):
            return
        if expected:
            raise Stopped("host_key_changed", f"shows {shown}")
        raise Stopped("host_key_unknown", f"shows {shown}")


@dataclass(frozen=True, slots=True)
class Tries:
    """How an account fared in a span: whether it was accepted, and the refusals in a row since then."""

    accepted: bool = False
    failures: int = 0

    def after(self, before: int) -> int:
        """Return the refusals in a row, where there were so many before the span."""
        return self.failures if self.accepted else before + self.failures

    def then(self, later: Tries) -> Tries:
        """Return both spans as one."""
        return Tries(self.accepted or later.accepted, later.after(self.failures))


class AccountGuard:
    """Keeps an account from being locked out: after ``most`` failures in a row it is not tried any more.

    For passwords: a key that a host doesn't know locks nobody out.  Attempts under way count as failures until
    they end, so that parallel ones can't overshoot; they wait their turn.  Shared by the threads of a sweep, and by
    all of its networks: an account is one wherever it is tried.  ``known`` are failures in a row of just before.
    """

    def __init__(self, most: int = MOST_FAILURES, known: Mapping[str, int] | None = None) -> None:
        self.most = most
        self._failures: Counter[str] = Counter(known or {})
        self._news: dict[str, Tries] = {}
        self._under_way: Counter[str] = Counter()
        self._changed = threading.Condition()

    def blocked(self, account: str) -> bool:
        """Tell whether the account has failed too often."""
        return self._failures[account] >= self.most

    def news(self) -> dict[str, Tries]:
        """Return how the accounts fared that were tried since this was last asked."""
        with self._changed:
            found, self._news = self._news, {}
        return found

    def keep(self, news: Mapping[str, Tries]) -> None:
        """Take news back that could not be told: they come before what was seen since."""
        with self._changed:
            for name, tries in news.items():
                self._news[name] = tries.then(self._news.get(name, Tries()))

    def learn(self, known: Mapping[str, int]) -> None:
        """Take over what all who try these accounts counted together; what is no news yet comes on top."""
        with self._changed:
            counts = dict(known)
            for name, tries in self._news.items():
                counts[name] = tries.after(counts.get(name, 0))
            self._failures = Counter(counts)
            self._changed.notify_all()

    @contextmanager
    def attempt(self, account: str, seconds: float) -> Iterator[list[bool]]:
        """Hold a place for one attempt; put True into the list it yields when the account was accepted.

        Raises Stopped(``account_guard``) when the account has failed too often.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._room(account) or self.blocked(account), seconds)
            if not self._room(account):
                raise Stopped("account_guard", f"{self._failures[account]} failures in a row")
            self._under_way[account] += 1
        accepted: list[bool] = []
        refused = False
        try:
            yield accepted
        except BaseException:  # also what a library trips over: the password may have been shown before
            refused = True
            raise
        finally:
            with self._changed:
                self._under_way[account] -= 1
                if accepted or refused:
                    self._note(account, Tries(bool(accepted), int(not accepted)))
                self._changed.notify_all()

    def _note(self, account: str, tries: Tries) -> None:
        self._failures[account] = tries.after(self._failures[account])
        self._news[account] = self._news.get(account, Tries()).then(tries)

    def _room(self, account: str) -> bool:
        return self._failures[account] + self._under_way[account] < self.most
