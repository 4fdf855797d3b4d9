"""Names that may stand only once: asked for before a row is written, so that a person is told beside the field."""

from __future__ import annotations

from typing import Any, Final

from itsm.infra.unit import current_unit
from itsm.kernel.errors import Invalid

TAKEN: Final = "There is one of this name already."


def check_free(known: Any, row: Any, model: Any, field: str = "name") -> None:
    """Raise Invalid at ``field`` where ``known`` (a select of the model's ids) finds another row than ``row``.

    ``row`` is None for one that is to be made. Of two who write the same at once, the constraint of the table stops one.
    """
    session = current_unit().session
    with session.no_autoflush:
        own = row.id if row is not None and row.id is not None else 0
        if session.scalar(known.where(model.id != own).limit(1)) is not None:
            raise Invalid({field: TAKEN})
