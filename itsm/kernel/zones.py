"""Time zones by name, as people write them."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from itsm.kernel.errors import Invalid
from itsm.kernel.text import phrase


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises Invalid, for the field ``time_zone``, where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid({"time_zone": phrase("There is no time zone %(name)s.", name=repr(name))}) from error
