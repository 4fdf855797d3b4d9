"""A rule as a person would say it: when, where, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from itsm.insight.drift.enums import RuleKey
from itsm.insight.drift.rules.catalogue import CATALOGUE
from itsm.web.texts import _, ngettext


def condition(key: RuleKey, threshold: int | None) -> str:
    """Return what has to be so, as a sentence that begins with "When"."""
    of = threshold or 0
    return {
        RuleKey.SILENT: _("When a device that was seen before does not answer"),
        RuleKey.DISK_FULL: _("When a filesystem is used to %(n)s %% or more", n=of),
        RuleKey.SUPPLIES_LOW: _("When a supply is at %(n)s %% or less", n=of),
        RuleKey.DISK_CHANGED: _("When a disk is gone, new, or another one than before"),
        RuleKey.MEMORY_CHANGED: _("When the main memory changed by more than %(n)s %%", n=of),
        RuleKey.PART_CHANGED: _("When a part with a serial number is gone or was swapped"),
        RuleKey.FIRMWARE_CHANGED: _("When another version of the system or firmware runs"),
        RuleKey.CONFIGURATION_CHANGED: _("When the running configuration was changed"),
        RuleKey.SERVICE_APPEARED: _("When a service runs that did not run before"),
        RuleKey.PRIVILEGED_CHANGED: _("When somebody became, or is no longer, privileged on a Linux host"),
        RuleKey.UNKNOWN_MAC: _("When a switch hears a host that no asset owns"),
        RuleKey.DUPLICATE_ADDRESS: _("When two devices claim the same address"),
        RuleKey.HOST_KEY_CHANGED: _("When an SSH server shows another key than the approved one"),
        RuleKey.CERTIFICATE_ENDING: ngettext(
            "When a certificate ends within %(num)s day", "When a certificate ends within %(num)s days", of
        ),
        RuleKey.WARRANTY_ENDING: ngettext(
            "When a recorded warranty ends within %(num)s day", "When a recorded warranty ends within %(num)s days", of
        ),
    }[key]


def confirmation(key: RuleKey, confirmations: int) -> str:
    """Return how often it has to be seen."""
    if CATALOGUE[key].by_clock:
        once = _("looked at once a day")
        return once if confirmations < 2 else _("looked at once a day, %(n)s days in a row", n=confirmations)
    return ngettext("in %(num)s sweep", "in %(num)s sweeps in a row", confirmations)


def consequences(values: Mapping[str, Any], levels: Mapping[str, str]) -> list[str]:
    """Return what follows, a sentence each. ``levels`` are the words for impact and urgency."""
    if not values["opens_ticket"]:
        return [_("It stands in the worklist; no ticket is opened.")]
    said = [
        _(
            "One ticket a device is opened: impact %(impact)s, urgency %(urgency)s.",
            impact=levels.get(str(values["impact"]), "").lower(),
            urgency=levels.get(str(values["urgency"]), "").lower(),
        )
    ]
    if values["tells_custodian"]:
        said.append(_("Who holds the device is told."))
    said.append(
        ngettext(
            "More than %(num)s ticket an hour becomes a single one.",
            "More than %(num)s tickets an hour become a single one.",
            values["cap_per_hour"],
        )
    )
    if values["quiet_days"]:
        said.append(
            ngettext(
                "What comes back within %(num)s day reopens its ticket.",
                "What comes back within %(num)s days reopens its ticket.",
                values["quiet_days"],
            )
        )
    return said


def groups() -> list[tuple[str, Sequence[RuleKey]]]:
    """Return the rules under headings, in the order in which people see them."""
    found: list[tuple[str, Sequence[RuleKey]]] = [
        (_("Reachability and room"), (RuleKey.SILENT, RuleKey.DISK_FULL, RuleKey.SUPPLIES_LOW)),
        (_("Hardware"), (RuleKey.DISK_CHANGED, RuleKey.MEMORY_CHANGED, RuleKey.PART_CHANGED)),
        (
            _("Software and configuration"),
            (
                RuleKey.FIRMWARE_CHANGED,
                RuleKey.CONFIGURATION_CHANGED,
                RuleKey.SERVICE_APPEARED,
                RuleKey.PRIVILEGED_CHANGED,
            ),
        ),
        (_("Network"), (RuleKey.UNKNOWN_MAC, RuleKey.DUPLICATE_ADDRESS, RuleKey.HOST_KEY_CHANGED)),
        (_("Dates"), (RuleKey.CERTIFICATE_ENDING, RuleKey.WARRANTY_ENDING)),
    ]
    named = {key for _title, keys in found for key in keys}
    rest = tuple(key for key in CATALOGUE if key not in named)
    return [*found, (_("Others"), rest)] if rest else found
