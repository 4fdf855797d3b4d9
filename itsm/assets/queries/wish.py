"""What somebody wants to see of the register: filters, order and columns, as the address tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from itsm.assets.enums import AssetKind, AssetStatus
from itsm.kernel.numbers import whole_number
from itsm.kernel.text import one_line

LIVE: Final = "live"
"""All statuses but retired and disposed; the list without a filter."""
ANY: Final = "any"
FLAGS: Final = ("disagreement", "stale", "fresh", "never", "unheld", "warranty")
SORTS: Final = ("name", "tag", "status", "updated", "first", "seen")
COLUMNS: Final = (
    "status",
    "model",
    "serial",
    "custodian",
    "location",
    "department",
    "category",
    "address",
    "os",
    "warranty",
    "first",
    "seen",
    "updated",
)
DEFAULT_COLUMNS: Final = ("status", "model", "custodian", "location", "seen")
_NUMBERS: Final = ("category", "model", "location", "department", "custodian")


@dataclass(frozen=True, slots=True)
class Wish:
    """Filters, order and columns of the list. Empty means no filter."""

    q: str = ""
    kind: str = ""
    status: str = LIVE
    category: int | None = None
    model: int | None = None
    location: int | None = None
    department: int | None = None
    custodian: int | None = None
    flag: str = ""
    sort: str = "name"
    down: bool = False
    columns: tuple[str, ...] = DEFAULT_COLUMNS

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Wish:
        """Return the wish that query values express; what is not understood is left out."""
        numbers = {name: _number(args.get(name)) for name in _NUMBERS}
        return cls(
            q=one_line(str(args.get("q") or ""), 200),
            kind=_one_of(args.get("kind"), [kind.value for kind in AssetKind], ""),
            status=_one_of(args.get("status"), [LIVE, ANY, *(status.value for status in AssetStatus)], LIVE),
            flag=_one_of(args.get("flag"), FLAGS, ""),
            sort=_one_of(args.get("sort"), SORTS, "name"),
            down=str(args.get("down") or "") == "1",
            columns=_columns(args),
            category=numbers["category"],
            model=numbers["model"],
            location=numbers["location"],
            department=numbers["department"],
            custodian=numbers["custodian"],
        )

    def values(self) -> dict[str, str]:
        """Return the query values of this wish, without what is usual anyway."""
        found: dict[str, str] = {}
        for name in ("q", "kind", "flag", *_NUMBERS):
            value = getattr(self, name)
            if value:
                found[name] = str(value)
        if self.status != LIVE:
            found["status"] = self.status
        if self.sort != "name":
            found["sort"] = self.sort
        if self.down:
            found["down"] = "1"
        if self.columns != DEFAULT_COLUMNS:
            found["cols"] = ".".join(self.columns)
        return found

    def but(self, **changes: Any) -> dict[str, str]:
        """Return the query values of this wish with some fields changed."""
        return replace(self, **changes).values()

    def filters(self) -> dict[str, str]:
        """Return the query values that narrow the list."""
        return {name: value for name, value in self.values().items() if name not in ("sort", "down", "cols")}


def _one_of(value: Any, known: Any, otherwise: str) -> str:
    return value if value in known else otherwise


def _number(value: Any) -> int | None:
    return whole_number(value) or None


def _columns(args: Mapping[str, Any]) -> tuple[str, ...]:
    many = args.getlist("col") if hasattr(args, "getlist") else []
    asked = many or str(args.get("cols") or "").split(".")[: len(COLUMNS)]
    chosen = tuple(name for name in COLUMNS if name in asked)
    return chosen or DEFAULT_COLUMNS
