"""What insight says, in the reader's language."""

from __future__ import annotations

from itsm.assets.wording import source_word
from itsm.insight.causes.enums import BannerScope, Happening, Look, Sort
from itsm.insight.causes.rules.commons import Common
from itsm.insight.causes.rules.story import Change
from itsm.web.filters import memory
from itsm.web.texts import _, ngettext


def icon_of(change: Change) -> str:
    """Return the icon of a change."""
    icons = {
        Happening.INSTALLED: "software",
        Happening.REMOVED: "software",
        Happening.UPDATED: "software",
        Happening.FIRMWARE: "cpu",
        Happening.OS: "cpu",
        Happening.MOVED: "port",
        Happening.ADDRESS: "network",
        Happening.MEMORY: "memory",
        Happening.PART: "disk",
        Happening.CUSTODY: "user",
        Happening.STATUS: "flag",
        Happening.EDITED: "pencil",
        Happening.CONFIGURED: "settings",
    }
    return icons[change.what]


def title_of(change: Change) -> str:
    """Return what happened, in a word or two."""
    said = {
        Happening.INSTALLED: _("Installed"),
        Happening.REMOVED: _("Removed"),
        Happening.UPDATED: _("Updated"),
        Happening.FIRMWARE: _("Firmware"),
        Happening.OS: _("System"),
        Happening.MOVED: _("Moved"),
        Happening.ADDRESS: _("Address"),
        Happening.MEMORY: _("Memory"),
        Happening.PART: _("Part"),
        Happening.CUSTODY: _("Holder"),
        Happening.STATUS: _("Status"),
        Happening.EDITED: _("Edited"),
    }
    if change.what is Happening.CONFIGURED:
        return _configured(change.name)
    if change.what is Happening.MOVED and not change.before:
        return _("Connected to")
    if change.what is Happening.MOVED and not change.after:
        return _("Unplugged from")
    return said[change.what]


def _configured(field: str) -> str:
    """Return which of its moments a device tells of."""
    return {
        "configuration_changed": _("Configuration changed"),
        "startup_changed": _("Configuration saved"),
        "hardware_changed": _("Hardware changed"),
    }.get(field, field)


def source_of(change: Change) -> str:
    """Return who told of a change; what a person noted stands as it is."""
    return source_word(change.source)


def value_of(change: Change, value: str) -> str:
    """Return a value as people read it."""
    if not value:
        return "–"
    if change.what is Happening.MEMORY and value.isdigit():
        return memory(int(value))
    return value.replace("_", " ") if change.what is Happening.STATUS else value


def sentence_of(one: Common, *, today: bool) -> str:
    """Return "7 of 9 tickets of the last 24 h hang on SW-2"."""
    number, of = len(one.cases), len(one.looked_at)
    if of < 2:
        of = number
    when = _("of the last 24 h") if today else _("of those 24 h")
    values = {"of": of, "when": when, "name": one.name}
    said = {
        Sort.SWITCH: lambda: ngettext(
            "%(num)s of %(of)s tickets %(when)s hangs on %(name)s",
            "%(num)s of %(of)s tickets %(when)s hang on %(name)s",
            number,
            **values,
        ),
        Sort.ACCESS_POINT: lambda: ngettext(
            "%(num)s of %(of)s tickets %(when)s is on the air of %(name)s",
            "%(num)s of %(of)s tickets %(when)s are on the air of %(name)s",
            number,
            **values,
        ),
        Sort.SITE: lambda: ngettext(
            "%(num)s of %(of)s tickets %(when)s comes from %(name)s",
            "%(num)s of %(of)s tickets %(when)s come from %(name)s",
            number,
            **values,
        ),
    }
    if one.trait.sort in said:
        return said[one.trait.sort]()
    return ngettext(
        "%(num)s of %(of)s tickets %(when)s is about a device with %(name)s",
        "%(num)s of %(of)s tickets %(when)s are about devices with %(name)s",
        number,
        **values,
    )


def weight_of(one: Common) -> str:
    """Return how common it is otherwise, and what that means: an honest figure."""
    share = one.share
    known = _("%(marked)s of %(total)s devices have it", marked=max(share.marked, share.hits), total=share.total)
    times = _("%(lift)s times as common here", lift=f"{share.lift:.1f}")
    return f"{known}, {times}"


def kind_of_trait(sort: Sort) -> str:
    """Return the icon of what is shared."""
    return {
        Sort.SWITCH: "kind-switch",
        Sort.ACCESS_POINT: "kind-access-point",
        Sort.SITE: "site",
        Sort.MODEL: "kind-laptop",
        Sort.FIRMWARE: "cpu",
        Sort.OS: "cpu",
        Sort.SOFTWARE: "software",
    }[sort]


def scopes() -> dict[str, str]:
    """Return whom a banner may speak to."""
    return {
        BannerScope.ORGANIZATION.value: _("Everybody in this organization"),
        BannerScope.SITE.value: _("Who works at one place"),
        BannerScope.ALL.value: _("Every organization"),
    }


def looks() -> dict[str, str]:
    """Return what a look is called."""
    return {
        Look.REACH.value: _("Does it answer?"),
        Look.PORT.value: _("Its switch port"),
        Look.SNMP.value: _("Name and uptime (SNMP)"),
        Look.RESWEEP.value: _("Read it anew"),
        Look.SSH.value: _("Ask over SSH"),
    }


def questions() -> dict[str, str]:
    """Return what can be asked over SSH."""
    return {
        "system": _("System and uptime"),
        "memory": _("Memory"),
        "disks": _("Disks"),
        "network": _("Network"),
        "users": _("Who is signed in"),
        "services": _("Running services"),
    }


def reason(code: str) -> str:
    """Return why a look came to nothing; empty where we have no words of our own for it."""
    said = {
        "silent": _("It did not answer."),
        "auth_failed": _("It refused our credentials."),
        "no_credential": _("No credential of this network fits."),
        "account_guard": _("We stopped before the account was locked."),
        "host_key_unknown": _("Nobody approved its host key yet, so it was shown nothing secret."),
        "host_key_changed": _("It shows another host key than the approved one."),
        "budget_time": _("It took more time than one device may."),
        "empty_answer": _("It answered, and said nothing."),
    }
    return said.get(code, "")
