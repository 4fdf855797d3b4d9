"""Long lists cut into pieces that one statement can carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
CHUNK: Final = 400
"""Values in one statement: SQLite allows 32,766 parameters (999 in builds of before 2020), and plans stay alike."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield the values in lists of ``size`` at most, in their order; nothing where there are none.

    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    every = list(values)
    for start in range(0, len(every), size):
        yield every[start : start + size]
