"""What rules, states and findings are called, in the reader's language."""

from __future__ import annotations

from itsm.insight.drift.enums import DriftState, RuleKey
from itsm.web.texts import _


def rule_names() -> dict[str, str]:
    """Return what the rules are called."""
    return {
        RuleKey.UNKNOWN_MAC.value: _("Unknown device on the network"),
        RuleKey.MEMORY_CHANGED.value: _("Memory changed"),
        RuleKey.DISK_CHANGED.value: _("Disk changed or removed"),
        RuleKey.PART_CHANGED.value: _("Part swapped or removed"),
        RuleKey.SILENT.value: _("Does not answer"),
        RuleKey.SUPPLIES_LOW.value: _("Supplies low"),
        RuleKey.DISK_FULL.value: _("Disk nearly full"),
        RuleKey.CERTIFICATE_ENDING.value: _("Certificate running out"),
        RuleKey.WARRANTY_ENDING.value: _("Warranty running out"),
        RuleKey.FIRMWARE_CHANGED.value: _("System or firmware changed"),
        RuleKey.CONFIGURATION_CHANGED.value: _("Configuration changed"),
        RuleKey.SERVICE_APPEARED.value: _("New service runs"),
        RuleKey.PRIVILEGED_CHANGED.value: _("Privileged users changed"),
        RuleKey.DUPLICATE_ADDRESS.value: _("Address used twice"),
        RuleKey.HOST_KEY_CHANGED.value: _("Host key changed"),
    }


def rule_name(key: str) -> str:
    """Return what a rule is called."""
    return rule_names().get(str(key), str(key))


def rule_text(key: str) -> str:
    """Return what a rule watches, in one or two sentences."""
    return {
        RuleKey.UNKNOWN_MAC.value: _(
            "A switch hears a host behind a port that no asset owns and that was not there at the first look. "
            "Addresses that hosts make up for themselves are left out."
        ),
        RuleKey.MEMORY_CHANGED.value: _("The main memory is more or less than it was, by more than the threshold."),
        RuleKey.DISK_CHANGED.value: _("A disk is gone, new, or another one than before."),
        RuleKey.PART_CHANGED.value: _("A part with a serial number is gone, or another one sits in its place."),
        RuleKey.SILENT.value: _(
            "A device that was seen in a network did not answer in so many sweeps in a row. "
            "Sweeps of single addresses do not count."
        ),
        RuleKey.SUPPLIES_LOW.value: _("A colour or another supply of a printer is at the threshold or below."),
        RuleKey.DISK_FULL.value: _("A filesystem is used up to the threshold or beyond."),
        RuleKey.CERTIFICATE_ENDING.value: _("The certificate that a device shows on port 443 ends within these days."),
        RuleKey.WARRANTY_ENDING.value: _("The recorded warranty ends within these days."),
        RuleKey.FIRMWARE_CHANGED.value: _("Another version of the system or firmware runs than before."),
        RuleKey.CONFIGURATION_CHANGED.value: _(
            "A network device says that its running configuration was changed after what was last accepted. "
            "What was changed during maintenance is accepted by itself."
        ),
        RuleKey.SERVICE_APPEARED.value: _("A service runs that did not run before. For servers that hardly change."),
        RuleKey.PRIVILEGED_CHANGED.value: _(
            "On a Linux host somebody came into one of the groups sudo, wheel and admin, left it, or has the user id 0."
        ),
        RuleKey.DUPLICATE_ADDRESS.value: _(
            "Two devices that answered in the same sweep both say that an address is theirs."
        ),
        RuleKey.HOST_KEY_CHANGED.value: _("An SSH server shows another key than the approved one."),
    }.get(str(key), "")


def threshold_label(unit: str) -> str:
    """Return what the threshold counts."""
    return {"percent": _("Threshold in percent"), "days": _("Days before")}.get(unit, _("Threshold"))


def level_names() -> dict[str, str]:
    """Return what the levels of impact and urgency are called."""
    return {"high": _("High"), "medium": _("Medium"), "low": _("Low")}


def state_names() -> dict[str, str]:
    """Return what the states are called."""
    return {
        DriftState.SUSPECTED.value: _("Suspected"),
        DriftState.CONFIRMED.value: _("Confirmed"),
        DriftState.TICKETED.value: _("Has a ticket"),
        DriftState.CLEARED.value: _("Gone again"),
        DriftState.ACCEPTED.value: _("Accepted"),
    }


def state_name(state: str) -> str:
    """Return what a state is called."""
    return state_names().get(str(state), str(state))


def state_tone(state: str) -> str:
    """Return the tone of a state's badge."""
    return {"confirmed": "warn", "ticketed": "accent", "cleared": "good"}.get(str(state), "neutral")


def subject_words(key: str, subject: str) -> str:
    """Return what a finding is about: the disk, the colour, the address; of the rest the rule's own noun."""
    if key in (RuleKey.MEMORY_CHANGED, RuleKey.FIRMWARE_CHANGED):
        noun = _("Memory") if key == RuleKey.MEMORY_CHANGED else _("Version")
        return f"{noun} ({subject.upper()})"
    nouns = {
        RuleKey.SILENT.value: _("Last answer"),
        RuleKey.WARRANTY_ENDING.value: _("Warranty until"),
        RuleKey.CERTIFICATE_ENDING.value: _("Certificate until"),
    }
    if key == RuleKey.CONFIGURATION_CHANGED:
        return _("Running configuration")
    return subject or nouns.get(str(key), "–")
