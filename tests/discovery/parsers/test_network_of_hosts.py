"""Interfaces, routes, neighbours of hosts."""

import json

import pytest

from itsm.discovery.parsers import parse

IP = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP
    link/ether 02:00:5E:10:00:01 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0
    inet6 2001:db8::10/64 scope global
3: eth0.7@eth0: <NO-CARRIER,BROADCAST,MULTICAST> mtu 1400 qdisc noop state DOWN
    link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff
4: tun0: <POINTOPOINT,UP,LOWER_UP> mtu 1420 qdisc fq state UNKNOWN
    link/none
    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0
"""


def test_ip_addr() -> None:
    lo, eth0, vlan, tun = parse("ip-addr", IP)["interfaces"]
    assert (lo["name"], lo.get("mac"), lo["ips"]) == ("lo", None, ["127.0.0.1"])
    assert eth0 == {
        "name": "eth0",
        "mac": "02:00:5e:10:00:01",
        "ips": ["192.0.2.10", "2001:db8::10"],
        "addresses": [{"address": "192.0.2.10", "prefix": 24}, {"address": "2001:db8::10", "prefix": 64}],
        "index": 2,
        "up": True,
        "link": True,
        "mtu": 1500,
        "type": "ether",
    }
    assert (vlan["name"], vlan["parent"], vlan["up"], vlan["link"]) == ("eth0.7", "eth0", False, False)
    assert (tun["ips"], tun["addresses"]) == (["198.51.100.1"], [{"address": "198.51.100.1"}])


def test_ip_addr_as_json_says_the_same() -> None:
    text = json.dumps(
        [
            {
                "ifindex": 2,
                "ifname": "eth0",
                "flags": ["UP", "LOWER_UP"],
                "mtu": 1500,
                "link_type": "ether",
                "address": "02:00:5e:10:00:01",
                "addr_info": [
                    {"family": "inet", "local": "192.0.2.10", "prefixlen": 24},
                    {"family": "inet6", "local": "2001:db8::10", "prefixlen": 64},
                ],
            }
        ]
    )
    assert parse("ip-j-addr", text)["interfaces"] == [parse("ip-addr", IP)["interfaces"][1]]


OLD_TOOLS = """eth0      Link encap:Ethernet  HWaddr 02:00:5E:10:00:01
          inet addr:192.0.2.10  Bcast:192.0.2.255  Mask:255.255.255.0
          inet6 addr: 2001:db8::10/64 Scope:Global
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
"""
NEW_TOOLS = """eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.10  netmask 255.255.255.0  broadcast 192.0.2.255
        inet6 2001:db8::10  prefixlen 64  scopeid 0x0<global>
        ether 02:00:5e:10:00:01  txqueuelen 1000  (Ethernet)
"""
MACOS = """eth0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\tether 02:00:5e:10:00:01
\tinet 192.0.2.10 netmask 0xffffff00 broadcast 192.0.2.255
\tinet6 2001:db8::10%eth0 prefixlen 64 scopeid 0x4
"""
OPENBSD = """eth0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> mtu 1500
\tlladdr 02:00:5e:10:00:01
\tinet 192.0.2.10 netmask 0xffffff00 broadcast 192.0.2.255
\tinet6 2001:db8::10 prefixlen 64
"""


@pytest.mark.parametrize("text", [OLD_TOOLS, NEW_TOOLS, MACOS, OPENBSD])
def test_ifconfig_of_every_system_says_the_same(text: str) -> None:
    (eth0,) = parse("ifconfig", text)["interfaces"]
    assert (eth0["name"], eth0["mac"], eth0["mtu"], eth0["up"], eth0["type"]) == (
        "eth0",
        "02:00:5e:10:00:01",
        1500,
        True,
        "ether",
    )
    assert eth0["addresses"] == [{"address": "192.0.2.10", "prefix": 24}, {"address": "2001:db8::10", "prefix": 64}]


def test_ip_route_and_its_json() -> None:
    text = "default via 192.0.2.1 dev eth0 proto dhcp metric 100\n"
    text += "192.0.2.0/24 dev eth0 scope link src 192.0.2.10\n"
    facts = parse("ip-route", text)
    assert facts["default_gateway"] == "192.0.2.1"
    assert facts["routes"] == [
        {"destination": "default", "gateway": "192.0.2.1", "interface": "eth0", "metric": 100},
        {"destination": "192.0.2.0/24", "interface": "eth0", "source": "192.0.2.10"},
    ]
    as_json = '[{"dst":"default","gateway":"192.0.2.1","dev":"eth0","metric":100}]'
    assert parse("ip-route", as_json) == {"routes": facts["routes"][:1], "default_gateway": "192.0.2.1"}


def test_netstat_of_linux_and_bsd() -> None:
    linux = "Kernel IP routing table\n"
    linux += "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
    linux += "0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0\n"
    assert parse("netstat-rn", linux)["routes"] == [
        {"destination": "0.0.0.0", "gateway": "192.0.2.1", "mask": "0.0.0.0", "flags": "UG", "interface": "eth0"}
    ]
    bsd = "Routing tables\n\nInternet:\n"
    bsd += "Destination        Gateway            Flags   Refs      Use   Mtu  Prio Iface\n"
    bsd += "default            192.0.2.1          UGS        0        0     -     8 em0\n"
    assert parse("netstat", bsd)["default_gateway"] == "192.0.2.1"
    assert parse("netstat", bsd)["routes"][0]["interface"] == "em0"


def test_arp_in_its_four_spellings() -> None:
    wanted = [{"address": "192.0.2.1", "mac": "02:00:5e:10:00:02", "interface": "eth0"}]
    for text in (
        "? (192.0.2.1) at 02:00:5e:10:00:02 [ether] on eth0\n? (192.0.2.9) at <incomplete> on eth0\n",
        "? (192.0.2.1) at 2:0:5e:10:0:2 on eth0 ifscope [ethernet]\n",
        "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
        "192.0.2.1                ether   02:00:5e:10:00:02   C                     eth0\n",
        "192.0.2.1 dev eth0 lladdr 02:00:5e:10:00:02 REACHABLE\n192.0.2.7 dev eth0 FAILED\n",
    ):
        assert parse("arp", text)["arp"] == wanted
    assert parse("ip-neigh", '[{"dst":"192.0.2.1","dev":"eth0","lladdr":"02:00:5e:10:00:02"}]')["arp"] == wanted


def test_lldpd_in_both_formats() -> None:
    text = "lldp.eth0.via=LLDP\nlldp.eth0.chassis.mac=02:00:5e:10:00:99\nlldp.eth0.chassis.name=sw1\n"
    text += "lldp.eth0.chassis.mgmt-ip=192.0.2.254\nlldp.eth0.port.ifname=ge-0/0/1\n"
    wanted = {"port": "eth0", "host": "sw1", "protocol": "lldp", "chassis_id": "02:00:5e:10:00:99"}
    wanted |= {"remote_port": "ge-0/0/1", "address": "192.0.2.254"}
    assert parse("lldpctl", text)["neighbours"] == [wanted]
    body = {"chassis": {"sw1": {"id": {"type": "mac", "value": "02:00:5e:10:00:99"}, "mgmt-ip": "192.0.2.254"}}}
    body["port"] = {"id": {"type": "ifname", "value": "ge-0/0/1"}}
    as_json = json.dumps({"lldp": {"interface": [{"eth0": {"via": "LLDP", **body}}]}})
    assert parse("lldpctl-json", as_json)["neighbours"] == [wanted]


def test_ifconfig_stands_in_for_ip() -> None:
    assert parse("ip-addr", NEW_TOOLS)["interfaces"] == parse("ifconfig", NEW_TOOLS)["interfaces"]
