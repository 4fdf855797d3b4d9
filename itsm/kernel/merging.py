"""Two people edited the same thing: what each left alone follows the other, what both changed is a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itsm.kernel.errors import Conflict, FieldConflict


def merged(
    yours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    base: Mapping[str, Any],
    *,
    labels: Mapping[str, str],
    version: int,
) -> dict[str, Any]:
    """Return the fields of ``yours``, merged with what stands there now (``theirs``).

    ``base`` is what stood there when the editing began; what it lacks counts as changed by both. Raises Conflict
    with every field that both sides changed to different values, carrying the ``version`` that stands there now.
    """
    found: dict[str, Any] = {}
    conflicts: list[FieldConflict] = []
    for name, mine in yours.items():
        now = theirs.get(name)
        if mine == now or (name in base and now == base[name]):
            found[name] = mine
        elif name in base and mine == base[name]:
            found[name] = now
        else:
            conflicts.append(FieldConflict(name, labels.get(name, name), now, mine))
    if conflicts:
        raise Conflict(conflicts, version=version)
    return found
