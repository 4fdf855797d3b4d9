"""A captured session has prompts and echoed commands around the output; they cost no facts."""

import pytest

from itsm.discovery.parsers import parse

OUTPUT = (
    "System Bootstrap, Version 15.0\n"
    "Cisco IOS Software, C2960S Software (C2960S-UNIVERSALK9-M), Version 15.2(2)E1, RELEASE SOFTWARE (fc1)\n"
    "edge-7 uptime is 1 week, 2 days\n"
)
ARP = (
    "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
    "Internet  192.0.2.17             12   0011.2233.4455  ARPA   Vlan10\n"
)


@pytest.mark.parametrize(
    ("before", "after"), [("edge-7#show ip arp\n", ""), ("", "edge-7#"), ("<edge-7>x\n", "<edge-7>")]
)
@pytest.mark.parametrize(("kind", "text"), [("cisco_ios/show_ip_arp", ARP), ("cisco_ios/show_version", OUTPUT)])
def test_prompts_cost_nothing(kind, text, before, after):
    assert parse(kind, before + text + after) == parse(kind, text)
    assert parse(kind, text)["rows"]


def test_a_text_of_another_command_still_gives_no_rows():
    assert not parse("cisco_ios/show_ip_arp", "this is\nanother text\naltogether\nof some\nlines\n").get("arp")
