"""Why an answer was believed, or not, in the reader's language.

The knowledge base says it in plain English and stores it so: it runs where there is no catalogue. Names of objects,
patterns and numbers stay as they are in every language.
"""

from __future__ import annotations

import re
from typing import Any, Final

from itsm.web.texts import _, once_a_language

_LONGEST: Final = 400


def rule_words(rule: str) -> str:
    """Return the rule behind a value in words; a name that is the same everywhere is shown as it is."""
    text = rule[:_LONGEST]
    if said := _rules().get(text):
        return said
    for pattern, words in _patterns():
        if found := pattern.fullmatch(text):
            return words % {name: _inner(name, value) for name, value in found.groupdict().items()}
    head, comma, tail = text.rpartition(", ")
    if comma and (more := _tails().get(tail)):
        return f"{rule_words(head)}, {more}"
    return rule


def objection_words(reason: str | None) -> str:
    """Return why an answer was turned down; empty where it was not."""
    return _objections().get(reason, reason) if reason else ""


def key_words(kind: str) -> str:
    """Return what a sort of key is called by which a device is recognised."""
    return _keys().get(kind, kind)


def _inner(name: str, value: str) -> str:
    if name == "field":
        return _fields().get(value, value)
    return _told().get(value, value) if name == "what" else value


@once_a_language
def _fields() -> dict[str, str]:
    return {"vendor": _("maker"), "model": _("model"), "serial": _("serial number"), "version": _("version")}


@once_a_language
def _keys() -> dict[str, str]:
    return {
        "serial": _("serial number"),
        "uuid": _("system UUID"),
        "engine": _("SNMP engine"),
        "base_mac": _("base MAC"),
        "mac": _("MAC addresses"),
        "name": _("name"),
        "address": _("address"),
    }


@once_a_language
def _told() -> dict[str, str]:
    return {
        "system vendor": _("maker of the system"),
        "system model": _("model of the system"),
        "system serial": _("serial number of the system"),
        "system uuid": _("UUID of the system"),
        "baseboard vendor": _("maker of the mainboard"),
        "baseboard model": _("model of the mainboard"),
        "version of the operating system": _("version of the operating system"),
        "os": _("operating system"),
        "hostname": _("host name"),
        "base_mac": _("base MAC"),
        "hypervisor as its hardware": _("hypervisor that is its hardware"),
        "operating system of a hypervisor": _("operating system of a hypervisor"),
    }


@once_a_language
def _rules() -> dict[str, str]:
    return {
        "the first word of the description": _("the first word of the description"),
        "kernel's own line": _("a kernel's own line"),
        "a kernel's own line": _("a kernel's own line"),
        "after 'version', behind the kernel": _("after the word version, behind the kernel"),
        "after the word for serial number": _("after the word for serial number"),
        "a long number at the end": _("a long number at the end"),
        "after the word model": _("after the word model"),
        "after the word version": _("after the word version"),
        "a number of several parts": _("a number of several parts"),
        "the first code of letters and digits": _("the first code of letters and digits"),
        "the same code with more behind it": _("the same code with more behind it"),
        "before the version": _("before the version"),
        "the whole description": _("the whole description"),
        "forwards packets": _("forwards packets"),
        "works on layer 2": _("works on layer 2"),
        "a maker's own number over a kernel": _("a maker's own number over a kernel"),
        "a kernel for small processors": _("a kernel for small processors"),
        "offers applications": _("offers applications"),
        "nothing says more": _("nothing says more"),
        "LLDP's own chassis id": _("LLDP's own chassis id"),
        "the lowest burned-in address": _("the lowest burned-in address"),
        "maker's object": _("an object of the maker"),
        "ENTITY-MIB first revision": _("the first revision in ENTITY-MIB"),
        "the only serial number in ENTITY-MIB": _("the only serial number in ENTITY-MIB"),
        "the only model in ENTITY-MIB": _("the only model in ENTITY-MIB"),
        "ENTITY-MIB chassis": _("the chassis in ENTITY-MIB"),
        "ENTITY-MIB first root": _("the first whole in ENTITY-MIB"),
        "Printer-MIB serial number": _("the serial number in Printer-MIB"),
        "hrDeviceDescr of a printer": _("hrDeviceDescr of a printer"),
        "IEEE 1284 device id": _("the device id of IEEE 1284"),
        "LLDP-MED's own inventory": _("LLDP-MED's own inventory"),
        "RMON probe software revision": _("the software revision of the RMON probe"),
        "RMON probe hardware revision": _("the hardware revision of the RMON probe"),
        "first package installed": _("the first package installed"),
        "first application": _("the first application"),
        "has Printer-MIB": _("has Printer-MIB"),
        "has UPS-MIB": _("has UPS-MIB"),
        "has the 802.11 MIB": _("has the 802.11 MIB"),
        "has bridge ports": _("has bridge ports"),
        "has a VLAN forwarding table": _("has a VLAN forwarding table"),
        "lists installed software": _("lists installed software"),
        "chassis of a stack": _("chassis of a stack"),
        "the chosen maker": _("the chosen maker"),
        "the base MAC": _("the base MAC"),
        "commands over SSH": _("commands over SSH"),
    }


@once_a_language
def _tails() -> dict[str, str]:
    return {
        "description": _("its description"),
        "model name": _("its model name"),
        "name": _("its name"),
        "by name": _("by its name"),
        "before the version": _("before the version"),
        "after the word for serial number": _("after the word for serial number"),
    }


@once_a_language
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    said = {
        r"enterprise number (?P<n>\d+)": _("enterprise number %(n)s"),
        r"keeps objects of enterprise (?P<n>\d+)": _("keeps objects of enterprise %(n)s"),
        r"a company's name begins with (?P<text>.+)": _("a company's name begins with %(text)s"),
        r"build (?P<n>.+) of Windows": _("build %(n)s of Windows"),
        r"sysDescr matches (?P<text>.+)": _("the description matches %(text)s"),
        r"key (?P<text>.+)": _("the key %(text)s"),
        r"after (?P<text>'.+'|\".+\")": _("after %(text)s"),
        r"before the first (?P<text>.+)": _("before the first %(text)s"),
        r"product identifier (?P<text>.+)": _("the product identifier %(text)s"),
        r"registered as (?P<text>.+)": _("registered as %(text)s"),
        r"commands tell the chassis type (?P<text>.+)": _("commands tell: chassis type %(text)s"),
        r"commands tell the (?P<what>.+)": _("commands tell: %(what)s"),
        r"(?P<n>\d+) Ethernet ports": _("%(n)s Ethernet ports"),
        r"most devices of (?P<text>.+)": _("most devices of %(text)s"),
        r"the only shape of a (?P<field>\w+)": _("the only text with the shape of: %(field)s"),
        r"shape of a (?P<field>\w+), in a group of (?P<n>.+) that describe the device": _(
            "the shape of: %(field)s, in a group of %(n)s that describe the device"
        ),
        r"block of (?P<text>.+)": _("the block of %(text)s"),
        r"the word (?P<text>.+)": _("the word %(text)s"),
        r"the name (?P<text>.+)": _("the name %(text)s"),
        r"MIB object (?P<text>[^,]+)": _("the MIB object %(text)s"),
    }
    return [(re.compile(pattern, re.DOTALL), words) for pattern, words in said.items()]


@once_a_language
def _objections() -> dict[str | None, Any]:
    return {
        "empty": _("empty"),
        "placeholder": _("a placeholder"),
        "an error message": _("an error message"),
        "not text": _("no text"),
        "too short for a serial number": _("too short for a serial number"),
        "a serial number has digits, and not only one": _("a serial number has digits, and not only one"),
        "blanked out": _("blanked out"),
        "a MAC address": _("a MAC address"),
        "an address": _("an address"),
        "a date": _("a date"),
        "an OID": _("an OID"),
        "not the shape of a serial number": _("not the shape of a serial number"),
        "names no model": _("names no model"),
        "a number or no text": _("a number or no text"),
        "a measure": _("a measure"),
        "too short or too long for a model": _("too short or too long for a model"),
        "a host name": _("a host name"),
        "a file or its version": _("a file or its version"),
        "says what it has, not what it is": _("says what it has, not what it is"),
        "a link": _("a link"),
        "a version has digits": _("a version has digits"),
        "too long for a version": _("too long for a version"),
        "all zeros": _("all zeros"),
        "not the shape of a UUID": _("not the shape of a UUID"),
        "the same on many machines": _("the same on many machines"),
        "the kernel's version": _("the kernel's version"),
        "the serial number": _("the serial number"),
        "the device's own name": _("the device's own name"),
    }
