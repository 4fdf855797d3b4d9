"""What a bulk action did, carried in the address that its answer leads to."""

from __future__ import annotations

from typing import Any, Final

from flask import request

from itsm.kernel.numbers import whole_number

MOST_TOLD: Final = 9_999


def bulk_outcome() -> dict[str, Any] | None:
    """Return what the last bulk action did (``id``, ``changed``, ``refused``, ``undone``); None where none is told."""
    did, *counts = (request.args.get(name, "") for name in ("did", "changed", "refused"))
    changed, refused = (whole_number(text, MOST_TOLD) for text in counts)
    if not (did.isascii() and did.isalnum() and len(did) == 32) or changed is None or refused is None:
        return None
    return {"id": did, "changed": changed, "refused": refused, "undone": "undone" in request.args}
