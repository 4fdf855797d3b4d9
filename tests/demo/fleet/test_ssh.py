"""The fleet answers SSH to paramiko: one user, one key, a table of commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
import pytest

from itsm.demo.fleet import Fleet
from itsm.demo.fleet.secrets import SSH_USER


@contextmanager
def session(fleet: Fleet, name: str, **other: object) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    host_key = fleet.secrets.host_key(name)
    client.get_host_keys().add(f"[{fleet.addresses[name]}]:{fleet.ssh_port}", host_key.get_name(), host_key)
    login = {"username": SSH_USER, "pkey": fleet.secrets.inventory_key(), **other}
    try:
        client.connect(fleet.addresses[name], fleet.ssh_port, look_for_keys=False, allow_agent=False, **login)
        yield client
    finally:
        client.close()


def said(client: paramiko.SSHClient, command: str) -> tuple[str, int]:
    _stdin, stdout, _stderr = client.exec_command(command, timeout=10)
    return stdout.read().decode(), stdout.channel.recv_exit_status()


def test_a_laptop_tells_what_it_is(fleet: Fleet) -> None:
    with session(fleet, "lt-amelie") as client:
        assert said(client, "cat /sys/class/dmi/id/product_serial") == ("PF4KX1ML\n", 0)
        assert said(client, "sudo -n dmidecode -s system-version 2>/dev/null") == ("ThinkPad T14 Gen 4\n", 0)
        release, _status = said(client, "cat /etc/os-release")
        assert 'VERSION_ID="24.04"\n' in release
        memory, _status = said(client, "LC_ALL=C dmidecode -t 17")
        assert memory.count("Size: 16 GB") == 2
        links = {link["ifname"]: link for link in json.loads(said(client, "ip -j addr")[0])}
        assert links["enp0s31f6"]["address"] == "54:05:db:10:7a:41"
        assert links["enp0s31f6"]["addr_info"][0]["local"] == "10.42.0.60"
        assert links["wlp0s20f3"]["address"] == "8c:f8:c5:44:10:a1"
        disks = json.loads(said(client, "lsblk -J -b -o NAME,SIZE,SERIAL,TYPE")[0])["blockdevices"]
        assert disks[0]["serial"] == "S64NNX0W100221"
        assert disks[0]["size"] == 1024 * 10**9
        assert said(client, "who")[0].startswith("amelie   tty2 ")


def test_packages_in_the_layout_asked_for(fleet: Fleet) -> None:
    with session(fleet, "lt-bashir") as client:
        text, status = said(client, r"dpkg-query -W -f='${Package}\t${Version}\t${db:Status-Status}\n'")
    assert status == 0
    assert "thunderbird\t2:1snap1-0ubuntu3\tinstalled" in text.splitlines()
    with session(fleet, "srv-db") as client:
        text, status = said(client, r"rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{VENDOR}\n'")
        assert said(client, "dpkg-query -W")[1] == 127
    assert status == 0
    assert "postgresql16\t16.2-1PGDG.rhel9\tPostgreSQL" in text.splitlines()


@pytest.mark.parametrize(
    ("command", "status"),
    [("rm -rf /", 127), ("cat /etc/shadow", 1), ("nonsense || true", 0), ("nonsense && true", 127), ("ls 'open", 2)],
)
def test_what_it_does_not_know_ends_with_a_status(fleet: Fleet, command: str, status: int) -> None:
    with session(fleet, "srv-files") as client:
        assert said(client, command)[1] == status


def test_only_the_inventory_key_opens(fleet: Fleet) -> None:
    stranger = fleet.secrets.host_key("acc-sw1")
    with pytest.raises(paramiko.AuthenticationException), session(fleet, "srv-files", pkey=stranger):
        pass
    with pytest.raises(paramiko.AuthenticationException), session(fleet, "srv-files", username="root"):
        pass


def test_every_computer_has_its_own_host_key_and_keeps_it(fleet: Fleet) -> None:
    names = [name for name, facts in fleet.world.devices.items() if facts.get("ssh")]
    keys = {name: fleet.secrets.host_key(name).get_base64() for name in names}
    assert len(names) == 21
    assert len(set(keys.values())) == len(names)
    assert {name: fleet.secrets.host_key(name).get_base64() for name in names} == keys


def test_many_commands_on_one_connection(fleet: Fleet) -> None:
    with session(fleet, "srv-quay") as client:
        assert {said(client, "hostname") for _ in range(50)} == {("srv-quay\n", 0)}
