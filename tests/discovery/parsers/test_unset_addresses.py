"""An interface without an address prints the unspecified one; that is no address."""

from __future__ import annotations

from itsm.discovery.parsers.network_facts import facts_of


def test_unspecified_addresses_are_no_addresses() -> None:
    rows = [{"name": "port1", "ip_address": "10.0.0.1", "ipv6_address": "::/0"}, {"name": "port2", "ip": "0.0.0.0"}]
    found = facts_of("fortinet", "get_system_interface", rows)["interfaces"]
    assert [(row["name"], row["ips"]) for row in found] == [("port1", ["10.0.0.1"]), ("port2", [])]
