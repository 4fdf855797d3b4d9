"""What a job may carry: JSON that comes out as it went in, on both databases, and not much of it."""

import json
from typing import Any, Final

LONGEST_PAYLOAD: Final = 64 * 1024
"""The longest payload, in characters of JSON."""


def checked(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload as it will come out again, or raise ValueError."""
    try:
        text = json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError(f"the payload of a job must be JSON: {exc}") from exc
    if len(text) > LONGEST_PAYLOAD:
        raise ValueError(f"the payload of a job may hold {LONGEST_PAYLOAD} characters, not {len(text)}")
    if "\\u0000" in text.replace("\\\\", ""):  # an escaped backslash is no NUL
        raise ValueError("the payload of a job may not hold the NUL character")
    if json.loads(text) != payload:
        raise ValueError("the payload of a job must have text keys and lists only, as JSON has")
    return payload
