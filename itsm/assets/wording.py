"""Words for what an asset was told by, in the reader's language; rooms above say them alike."""

from __future__ import annotations

from itsm.web.texts import _


def source_word(name: str) -> str:
    """Return the words for a source of observations; what a person noted stands as it is."""
    told = {
        "snmp": "SNMP",
        "ssh": "SSH",
        "lldp": "LLDP",
        "cdp": "CDP",
        "tls": "TLS",
        "fdb": _("address table of the switch"),
        "wireless": _("wireless"),
        "power_supply": _("power supply"),
        "import": _("import"),
        "declared": _("entered by a person"),
    }
    return told.get(name, name)
