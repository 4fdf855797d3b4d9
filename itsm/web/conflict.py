"""Forms that edit, without overwriting anybody: what stood in the form is sent along, so that edits of different fields
merge silently and edits of the same field are shown side by side.

A form carries two hidden fields: ``version`` and ``base`` (made by :func:`base_of`). On saving, the
door calls :func:`settle` inside its transaction; it returns the texts to go on with, or raises
:class:`~itsm.kernel.errors.Conflict`. For that, :func:`sides` and :func:`kept` give what
``ui.conflict`` shows and sends again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.merging import merged
from itsm.kernel.numbers import whole_number

MOST = 200_000


def base_of(values: Mapping[str, Any]) -> str:
    """Return what stands in a form when it is opened, for its hidden field ``base``."""
    return json.dumps({name: _plain(value) for name, value in values.items()}, separators=(",", ":"))


def read_base(sent: str | None) -> dict[str, str]:
    """Return what stood in the form when it was opened; empty where that was not sent or is broken."""
    if not sent or len(sent) > MOST:
        return {}
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return {}
    return {str(name): _plain(value) for name, value in found.items()} if isinstance(found, dict) else {}


def version_of(sent: Mapping[str, Any]) -> int:
    """Return the version that a form was opened at. Raises Invalid where it has none."""
    version = whole_number(sent.get("version"))
    if version is None:
        raise Invalid({"": "This form is too old. Please reload the page."})
    return version


def settle(
    yours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    sent: Mapping[str, Any],
    version: int,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """Return the texts of the form to go on with: ``yours``, merged with what others saved since (``theirs``).

    ``sent`` is the request's form with ``version`` and ``base``; ``version`` the one that stands there now. Raises
    Conflict where both sides changed a field, Invalid where the form has no version.
    """
    mine = {name: _plain(value) for name, value in yours.items()}
    if version_of(sent) == version:
        return dict(yours)
    now = {name: _plain(value) for name, value in theirs.items()}
    return merged(mine, now, read_base(sent.get("base")), labels=labels, version=version)


def sides(clash: Conflict, shown: Callable[[str, Any], str] | None = None) -> list[dict[str, Any]]:
    """Return what ``ui.conflict`` shows: both values of every field; ``shown(name, value)`` puts a value into words."""
    words = shown or (lambda _name, value: str(value or ""))
    return [
        {
            "name": one.name,
            "label": one.label,
            "yours": one.yours,
            "theirs": one.theirs,
            "yours_label": words(one.name, one.yours),
            "theirs_label": words(one.name, one.theirs),
        }
        for one in clash.fields
    ]


def kept(
    clash: Conflict, yours: Mapping[str, Any], theirs: Mapping[str, Any], sent: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is sent again beside the choices: the fields without conflict, merged, and the new ``base``."""
    contested = {one.name for one in clash.fields}
    calm = {name: _plain(value) for name, value in yours.items() if name not in contested}
    now = {name: _plain(value) for name, value in theirs.items()}
    base = read_base(sent.get("base"))
    return {**merged(calm, now, base, labels={}, version=clash.version), "base": base_of(theirs)}


def _plain(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").strip()
