"""Guests of every hypervisor, less common package managers, batteries, NetworkManager."""

import pytest

from itsm.discovery.parsers import parse


@pytest.mark.parametrize(
    ("kind", "text", "key", "wanted"),
    [
        (
            "xl-list",
            "Name                ID   Mem VCPUs\tState\tTime(s)\n"
            "Domain-0             0  1024     2     r-----     50.1\n"
            "web one             15   512     1     -b----     27.5\n",
            "virtual_machines",
            [{"name": "web one", "id": "15", "memory": 512 * 1024**2, "cpus": 1, "state": "idle"}],
        ),
        (
            "vboxmanage",
            '"build box" {11111111-2222-3333-4444-555555555555}\n',
            "virtual_machines",
            [{"name": "build box", "uuid": "11111111-2222-3333-4444-555555555555"}],
        ),
        (
            "vboxmanage",
            "Name:                        build\nGuest OS:                    Debian (64-bit)\n"
            "UUID:                        11111111-2222-3333-4444-555555555555\n"
            "Memory size:                 2048MB\n"
            "State:                       running (since 2024)\n",
            "virtual_machines",
            [
                {"name": "build", "guest": "Debian (64-bit)", "uuid": "11111111-2222-3333-4444-555555555555"}
                | {"memory": 2048 * 1024**2, "state": "running"}
            ],
        ),
        ("lxc-ls", "NAME STATE   AUTOSTART\nbox1 RUNNING 0\n", "containers", [{"name": "box1", "state": "running"}]),
        (
            "lxc-list",
            "+------+---------+\n| NAME |  STATE  |\n+------+---------+\n| box1 | STOPPED |\n",
            "containers",
            [{"name": "box1", "state": "stopped"}],
        ),
        (
            "vzlist",
            "      CTID      NPROC STATUS    IP_ADDR         HOSTNAME\n"
            "       101         20 running   192.0.2.5       ct101\n",
            "containers",
            [{"id": "101", "name": "ct101", "state": "running"}],
        ),
        (
            "prlctl",
            "UUID STATUS IP_ADDR T NAME\n{11111111-2222-3333-4444-555555555555} running   -  VM Win 11\n",
            "virtual_machines",
            [{"uuid": "11111111-2222-3333-4444-555555555555", "name": "Win 11", "state": "running"}],
        ),
        (
            "zoneadm",
            "0:global:running:/::ipkg:shared\n3:web:running:/zones/web:abc:ipkg:shared\n",
            "virtual_machines",
            [{"id": "3", "name": "web", "state": "running", "path": "/zones/web", "uuid": "abc"}],
        ),
        (
            "jls",
            "   JID  IP Address      Hostname                      Path\n"
            "     2  192.0.2.8       www.example                   /jails/www\n",
            "containers",
            [{"id": "2", "name": "www.example", "address": "192.0.2.8", "path": "/jails/www"}],
        ),
        (
            "vmctl",
            "   ID   PID VCPUS  MAXMEM  CURMEM     TTY        OWNER    STATE NAME\n"
            "    1 92169     1    1.0G    225M   ttyp5         root  running web\n",
            "virtual_machines",
            [{"id": "1", "name": "web", "cpus": 1, "memory": 1024**3, "state": "running"}],
        ),
        (
            "apt-list",
            "Listing...\nbash/stable,now 5.2-1 amd64 [installed]\n",
            "software",
            [{"name": "bash", "version": "5.2-1", "arch": "amd64"}],
        ),
        (
            "dnf-list",
            "Installed Packages\nbash.x86_64      5.1.8-6.el9     @baseos\n",
            "software",
            [{"name": "bash", "version": "5.1.8-6.el9", "arch": "x86_64"}],
        ),
        ("qlist", "app-shells/bash-5.1_p16-r1\n", "software", [{"name": "app-shells/bash", "version": "5.1_p16-r1"}]),
        ("xbps", "ii bash-5.2.15_1     GNU shell\n", "software", [{"name": "bash", "version": "5.2.15_1"}]),
        (
            "lslpp",
            "/usr/lib/objrepos:bos.rte:7.2.0.1::COMMITTED:I:Base Runtime:\n",
            "software",
            [{"name": "bos.rte", "version": "7.2.0.1", "description": "Base Runtime"}],
        ),
        (
            "lvs",
            "  root vg0  -wi-ao---- <20.00g\n",
            "logical_volumes",
            [{"name": "root", "group": "vg0", "attributes": "-wi-ao----", "size": 20 * 1024**3}],
        ),
        (
            "nmcli",
            "GENERAL.DEVICE:      eth0\nGENERAL.TYPE:        ethernet\n"
            "GENERAL.HWADDR:      02:00:5E:10:00:01\n"
            "GENERAL.MTU:         1500\nGENERAL.STATE:       100 (connected)\nIP4.ADDRESS[1]:      192.0.2.10/24\n",
            "interfaces",
            [
                {"name": "eth0", "mac": "02:00:5e:10:00:01", "mtu": 1500, "type": "ethernet", "link": True}
                | {"ips": ["192.0.2.10"], "addresses": [{"address": "192.0.2.10", "prefix": 24}]}
            ],
        ),
        (
            "upower",
            "Device: /org/freedesktop/UPower/devices/battery_BAT0\n  native-path:          BAT0\n"
            "  vendor:               EXCO\n"
            "  model:                B1\n  serial:               77\n  power supply:         yes\n  battery\n"
            "    energy-full:         40.5 Wh\n"
            "    energy-full-design:  50.08 Wh\n    technology:          lithium-ion\n",
            "batteries",
            [
                {"vendor": "EXCO", "model": "B1", "serial": "77", "chemistry": "lithium-ion"}
                | {"capacity_mwh": 50080, "full_mwh": 40500}
            ],
        ),
    ],
)
def test_facts(kind: str, text: str, key: str, wanted: list[dict[str, object]]) -> None:
    assert parse(kind, text)[key] == wanted


def test_batteries_power_supplies_and_slots_of_smbios() -> None:
    text = (
        "Handle 0x0016, DMI type 22, 26 bytes\nPortable Battery\n\tManufacturer: EXCO\n\tName: B1\n"
        "\tSBDS Serial Number: 00AB\n"
        "\tSBDS Chemistry: LION\n\tDesign Capacity: 57020 mWh\n\tDesign Voltage: 11400 mV\n\n"
        "Handle 0x0027, DMI type 39, 22 bytes\nSystem Power Supply\n\tName: PWR 750\n\tSerial Number: PS9\n"
        "\tMax Power Capacity: 750 W\n\tHot Replaceable: Yes\n\n"
        "Handle 0x0009, DMI type 9, 17 bytes\nSystem Slot Information\n\tDesignation: PCIe 1\n"
        "\tType: x16 PCI Express 3\n"
        "\tCurrent Usage: Available\n"
    )
    facts = parse("dmidecode-battery", text)
    assert facts["batteries"] == [
        {"name": "B1", "vendor": "EXCO", "serial": "00AB", "chemistry": "LION"}
        | {"capacity_mwh": 57020, "voltage_mv": 11400}
    ]
    assert facts["power_supplies"] == [{"name": "PWR 750", "serial": "PS9", "watts": 750, "hot_replaceable": True}]
    assert facts["slots"] == [{"name": "PCIe 1", "type": "x16 PCI Express 3", "usage": "Available"}]
