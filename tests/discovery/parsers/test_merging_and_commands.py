"""One host out of many outputs, the parser of a command line, and the command line of the parsers."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from itsm.discovery.parsers import kind_of, merge, parse
from itsm.discovery.parsers.command import parse_command


@pytest.mark.parametrize(
    ("command", "platform", "kind"),
    [
        ("sudo -n /usr/sbin/dmidecode 2>/dev/null", None, "dmidecode"),
        ("dmidecode -s system-serial-number", "linux", "dmidecode-s-system-serial-number"),
        ("cat /sys/class/dmi/id/product_name", "linux", "sysfs-product_name"),
        ("LC_ALL=C ip -j addr", "linux", "ip-addr"),
        ("ip -d link show", "linux", "ip-link"),
        ("ip -6 route", None, "ip-route"),
        ("ip neigh", None, "ip-neigh"),
        ("cat /etc/os-release", None, "os-release"),
        ("cat /etc/redhat-release", None, "release-file"),
        ("uname -a", "freebsd", "uname"),
        ("dpkg-query -W -f='${Package}\\t${Version}\\n'", None, "dpkg-query"),
        ("rpm -qa --queryformat x", None, "rpm-qa"),
        ("rpm -qai", None, "rpm-qi"),
        ("lsblk -J -b -O", None, "lsblk"),
        ("lldpctl -f json", None, "lldpctl-json"),
        ("esxcli software vib list", "esxi", "esxcli-vib"),
        ("vim-cmd vmsvc/getallvms", "esxi", "getallvms"),
        ("system_profiler SPHardwareDataType", "macos", "system-profiler"),
        ("docker ps --all --format '{{json .}}'", None, "docker-ps"),
        ("show version", "cisco_ios", "cisco_ios/show_version"),
        ("show version", "aruba_aoscx", "aruba_aoscx/show_version"),
        ("sh ver", "cisco_xe", "cisco_ios/show_version"),
        ("/system resource print", "mikrotik_routeros", "mikrotik_routeros/system_resource_print"),
        ("display version", "huawei_vrp", "huawei_vrp/display_version"),
        ("who -a", None, "who"),
        ("whoami", None, None),
        ("pkg_info -a", "openbsd", "pkg-info"),
        ("rm -rf /", None, None),
        ("reload", "cisco_ios", None),
        ("show version", "unheard_of", None),
        ("", None, None),
        ("", "cisco_ios", None),
    ],
)
def test_kind_of(command: str, platform: str | None, kind: str | None) -> None:
    assert kind_of(command, platform) == kind


def test_what_kind_of_names_can_be_parsed() -> None:
    for command in ("ip addr", "free -b", "who", "snap list", "service --status-all"):
        kind = kind_of(command)
        assert kind is not None
        assert isinstance(parse(kind, ""), dict)


def test_merge_believes_the_firmware_before_the_kernel_and_joins_software() -> None:
    smbios = "Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Exco\n"
    smbios += "\tSerial Number: S1\n\n"
    smbios += "Handle 0x0011, DMI type 17, 40 bytes\nMemory Device\n\tSize: 8 GB\n\tLocator: A1\n\n"
    smbios += "Handle 0x0012, DMI type 17, 40 bytes\nMemory Device\n\tSize: No Module Installed\n"
    smbios += "\tLocator: A2\n"
    facts = merge(
        [
            ("sysfs-sys_vendor", "Other name\n"),
            ("sysfs-product_name", "Box 9000\n"),
            ("uname", "Linux h1 6.1.0 #1 SMP x86_64 GNU/Linux\n"),
            ("dmidecode", smbios),
            ("os-release", 'NAME="Example Linux"\nVERSION_ID="12"\n'),
            ("ifconfig", "eth0: flags=4163<UP>  mtu 1500\n        ether 02:00:5e:10:00:01\n"),
            ("ip-addr", "2: eth0: <UP,LOWER_UP> mtu 9000 state UP\n    inet 192.0.2.1/24 scope global eth0\n"),
            ("dpkg-query", "bash:amd64\t5.2-1\n"),
            ("snap", "Name  Version  Rev  Tracking  Publisher  Notes\ncore  16       1    stable    canonical  -\n"),
            ("lsblk", '{"blockdevices":[{"name":"sda","type":"disk","size":1000,"serial":"Z1"}]}'),
            ("smartctl", "Device Model:     EX1\nSerial Number:    Z1\nFirmware Version: F2\n"),
            ("df", "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100 40 60 40% /\n"),
            ("mount", "/dev/sda1 on / type ext4 (rw)\nproc on /proc type proc (rw)\n"),
            ("no-such-kind", "passed over"),
        ]
    )
    assert facts["system"] == {"vendor": "Exco", "serial": "S1", "model": "Box 9000"}
    assert facts["os"] == {
        "name": "Example Linux",
        "version": "12",
        "version_id": "12",
        "kernel": "6.1.0",
        "arch": "x86_64",
    }
    assert (facts["hostname"], facts["memory_slots"]) == ("h1", 2)
    assert facts["memory_modules"] == [{"slot": "A1", "size": 8 * 1024**3}]
    (eth0,) = facts["interfaces"]
    assert (eth0["mac"], eth0["mtu"], eth0["ips"]) == ("02:00:5e:10:00:01", 9000, ["192.0.2.1"])
    assert [item["name"] for item in facts["software"]] == ["bash", "core"]
    assert facts["disks"] == [{"name": "sda", "serial": "Z1", "size": 1000, "model": "EX1", "firmware": "F2"}]
    assert [(row["mount"], row["type"], row["size"]) for row in facts["filesystems"]] == [("/", "ext4", 102400)]
    assert "rows" not in facts


def test_merge_believes_the_inventory_of_a_switch_before_its_version() -> None:
    version = "Software\n  BIOS: version 07.15\n  NXOS: version 9.3(15)\nHardware\n"
    version += "  cisco Nexus9000 C9396PX Chassis\n"
    version += "  Processor Board ID FDO1\n  Device name: core9\n"
    inventory = 'NAME: "Chassis", DESCR: "Nexus9000 chassis"\nPID: N9K-C9396PX , VID: V01 , SN: FDO1\n'
    facts = merge([("cisco_nxos/show_version", version), ("cisco_nxos/show_inventory", inventory)])
    assert facts["system"]["model"] == "N9K-C9396PX"
    assert facts["system"]["serial"] == "FDO1"


def test_merge_of_nothing_is_nothing() -> None:
    assert merge([]) == {}


def test_the_command_prints_json_of_a_file_and_of_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "show_version_of_edge7.txt"
    file.write_bytes(b"ROM: Bootstrap program is X\nProcessor board ID FOC1\nConfiguration register is 0xF\n")
    for kind in ("cisco_ios", "cisco_ios/show_version"):
        done = CliRunner().invoke(parse_command, [kind, str(file), "--json"])
        assert done.exit_code == 0
        assert json.loads(done.output)["system"]["serial"] == "FOC1"
    done = CliRunner().invoke(parse_command, ["hostname", "-"], input="h1\n")
    assert json.loads(done.output) == {"hostname": "h1"}


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    unknown = CliRunner().invoke(parse_command, ["nonsense", "-"], input="x")
    assert (unknown.exit_code, unknown.output) == (1, "Error: no parser is called 'nonsense'; --list prints them\n")
    missing = CliRunner().invoke(parse_command, ["uname", str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert "No such file" in missing.output
    assert "ip-addr" in CliRunner().invoke(parse_command, ["--list"]).output.splitlines()
