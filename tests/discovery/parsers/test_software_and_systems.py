"""Operating systems, installed software, storage, and what runs."""

import pytest

from itsm.discovery.parsers import parse


def test_os_release() -> None:
    text = 'NAME="Example Linux"\nVERSION="12 (sunny)"\nID=example\nVERSION_ID="12"\n'
    text += "PRETTY_NAME='Example Linux 12'\n"
    assert parse("os-release", text)["os"] == {
        "name": "Example Linux",
        "version": "12 (sunny)",
        "full_name": "Example Linux 12",
        "id": "example",
        "version_id": "12",
    }


@pytest.mark.parametrize(
    ("text", "host", "system"),
    [
        (
            "Linux h1 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux",
            "h1",
            {"name": "Linux", "kernel": "6.1.0-18-amd64", "arch": "x86_64"},
        ),
        (
            "FreeBSD h2 14.0-RELEASE FreeBSD 14.0-RELEASE #0: root@build:/usr/obj GENERIC amd64",
            "h2",
            {"name": "FreeBSD", "kernel": "14.0-RELEASE", "version": "14.0", "arch": "amd64"},
        ),
        (
            "Darwin h3 23.4.0 Darwin Kernel Version 23.4.0: root:xnu-1~1/RELEASE_ARM64_T6000 arm64",
            "h3",
            {"name": "macOS", "kernel": "23.4.0", "arch": "arm64"},
        ),
        (
            "VMkernel h4 8.0.2 #1 SMP Release build-1 x86_64 x86_64 x86_64 ESXi",
            "h4",
            {"name": "VMware ESXi", "kernel": "8.0.2", "version": "8.0.2", "arch": "x86_64"},
        ),
        ("AIX h5 2 7 00C8E4", "h5", {"name": "AIX", "version": "7.2", "arch": "powerpc"}),
    ],
)
def test_uname(text: str, host: str, system: dict[str, str]) -> None:
    facts = parse("uname-a", text + "\n")
    assert (facts["hostname"], facts["os"]) == (host, system)


def test_hostnamectl_as_text_and_json() -> None:
    text = " Static hostname: h1\n         Chassis: laptop 💻\n  Operating System: Example Linux 12\n"
    text += "            Kernel: Linux 6.1.0\n      Architecture: x86-64\n   Hardware Vendor: Exco\n"
    text += "    Hardware Model: Slim 3\n"
    facts = parse("hostnamectl", text)
    assert facts["os"] == {
        "full_name": "Example Linux 12",
        "name": "Example Linux",
        "version": "12",
        "kernel": "6.1.0",
        "arch": "x86-64",
    }
    assert (facts["hostname"], facts["system"], facts["chassis"]) == (
        "h1",
        {"vendor": "Exco", "model": "Slim 3"},
        {"type": "laptop"},
    )
    as_json = '{"Hostname":"h1","OperatingSystemPrettyName":"Example Linux 12","HardwareVendor":"Exco"}'
    assert parse("hostnamectl", as_json)["system"] == {"vendor": "Exco"}


def test_release_files_and_lsb_release() -> None:
    assert parse("redhat-release", "Example Linux release 9.3 (Plow)\n")["os"] == {
        "name": "Example Linux",
        "version": "9.3",
        "full_name": "Example Linux release 9.3 (Plow)",
        "codename": "Plow",
    }
    lsb = "Distributor ID:\tExample\nDescription:\tExample 22.04 LTS\nRelease:\t22.04\nCodename:\tjam\n"
    assert parse("lsb-release", lsb)["os"]["version"] == "22.04"
    assert parse("lsb-release", "DISTRIB_ID=Example\nDISTRIB_RELEASE=22.04\n")["os"]["version"] == "22.04"


def test_macos_versions_and_bsd_sysctl() -> None:
    text = "ProductName:\t\tmacOS\nProductVersion:\t\t14.4.1\nBuildVersion:\t\t23E224\n"
    assert parse("sw_vers", text)["os"] == {"name": "macOS", "version": "14.4.1", "build": "23E224"}
    bsd = "kern.ostype=OpenBSD\nkern.osrelease=7.4\nhw.vendor=Exco\nhw.product=Box\nhw.serialno=S1\n"
    bsd += "hw.physmem=8589934592\n"
    facts = parse("sysctl", bsd)
    assert facts["system"] == {"vendor": "Exco", "model": "Box", "serial": "S1"}
    assert facts["memory"] == {"total": 8589934592}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (" 10:25:20 up 3 days, 16:03,  2 users,  load average: 0.00, 0.01, 0.05", 3 * 86400 + 57780),
        ("10:25 up 5 mins, 1 user", 300),
        (" 1:02PM  up 2 hrs, 1 user, load averages: 0.1, 0.1, 0.1", 7200),
        ("46901.13 46856.66", 46901),
    ],
)
def test_uptime(text: str, seconds: int) -> None:
    assert parse("uptime", text + "\n")["uptime"] == seconds


def test_systeminfo() -> None:
    text = (
        "\r\nHost Name:                 PC1\r\nOS Name:                   Microsoft Windows 11 Pro\r\n"
        "OS Version:                10.0.22631 N/A Build 22631\r\nSystem Manufacturer:       Exco\r\n"
        "System Model:              Tower 5\r\nSystem Type:               x64-based PC\r\n"
        "BIOS Version:              Exco 1.2.3, 4/5/2023\r\nTotal Physical Memory:     16,142 MB\r\n"
        "Hotfix(s):                 1 Hotfix(s) Installed.\r\n                           [01]: KB5034467\r\n"
        "Network Card(s):           1 NIC(s) Installed.\r\n                           [01]: Exco Gigabit\r\n"
        "                                 Connection Name: Ethernet\r\n"
        "                                 IP address(es)\r\n"
        "                                 [01]: 192.0.2.20\r\n"
    )
    facts = parse("systeminfo", text)
    assert facts["system"] == {"vendor": "Exco", "model": "Tower 5"}
    assert facts["bios"] == {"vendor": "Exco", "version": "1.2.3", "date": "4/5/2023"}
    assert facts["os"] == {
        "name": "Microsoft Windows 11 Pro",
        "version": "10.0.22631",
        "build": "22631",
        "arch": "x86_64",
    }
    assert facts["memory"] == {"total": 16142 * 1024**2}
    assert facts["hotfixes"] == ["KB5034467"]
    assert facts["interfaces"] == [{"model": "Exco Gigabit", "ips": ["192.0.2.20"], "name": "Ethernet"}]


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (
            "dpkg-query",
            "bash\tamd64\t5.2-1\t7000\tshells\tinstall ok installed\nold\tall\t1\t1\tx\tdeinstall ok config-files\n",
            {"name": "bash", "version": "5.2-1", "arch": "amd64", "section": "shells", "size": 7168000},
        ),
        ("dpkg-query", "bash:amd64\t5.2-1\n", {"name": "bash", "version": "5.2-1", "arch": "amd64"}),
        (
            "dpkg-l",
            "ii  bash     5.2-1     amd64   GNU shell\nrc  gone     1.0   all   Gone\n",
            {"name": "bash", "version": "5.2-1", "arch": "amd64", "description": "GNU shell"},
        ),
        ("rpm-qa", "bash-5.1.8-6.el9.x86_64\n", {"name": "bash", "version": "5.1.8-6.el9", "arch": "x86_64"}),
        (
            "rpm-qa",
            "bash\tx86_64\t5.1.8-6.el9\t1700000000\t7000\tExample Project\tShell\tSystem\n",
            {
                "name": "bash",
                "version": "5.1.8-6.el9",
                "arch": "x86_64",
                "publisher": "Example Project",
                "size": 7000,
                "description": "Shell",
                "section": "System",
            },
        ),
        ("apk-info", "musl-utils-1.2.4-r2 x86_64 {musl} (MIT) [installed]\n", None),
        ("apk-info", "musl-utils-1.2.4-r2\n", {"name": "musl-utils", "version": "1.2.4-r2"}),
        ("pacman", "linux-lts 6.6.10-1\n", {"name": "linux-lts", "version": "6.6.10-1"}),
        ("brew", "openssl@3 3.1.4 3.2.0\n", {"name": "openssl@3", "version": "3.2.0"}),
        (
            "pkg-info",
            "py39-pip-23.1     Tool to install\n",
            {"name": "py39-pip", "version": "23.1", "description": "Tool to install"},
        ),
        (
            "snap",
            "Name    Version  Rev   Tracking  Publisher   Notes\ncore18  2023     1265  stable    canonical✓  base\n",
            {"name": "core18", "version": "2023", "revision": "1265", "publisher": "canonical"},
        ),
        (
            "flatpak",
            "org.example.App\tstable\tsystem\tExample App\n",
            {"name": "Example App", "id": "org.example.App", "version": "stable"},
        ),
        (
            "flatpak",
            "Example App\torg.example.App\t2.1\tstable\tsystem\n",
            {"name": "Example App", "id": "org.example.App", "version": "2.1"},
        ),
        ("pip-list", '[{"name": "flask", "version": "3.1"}]', {"name": "flask", "version": "3.1"}),
        ("pip-list", "Package Version\n------- -------\nflask   3.1\n", {"name": "flask", "version": "3.1"}),
        (
            "esxcli-vib",
            "Name     Version   Vendor  Acceptance Level  Install Date\n-------  --------  ------  ---\n"
            "esx-base 8.0.2-1   VMW     VMwareCertified   2024-01-01\n",
            {"name": "esx-base", "version": "8.0.2-1", "publisher": "VMW"},
        ),
    ],
)
def test_software(kind: str, text: str, wanted: dict[str, object] | None) -> None:
    wanted = wanted or {"name": "musl-utils", "version": "1.2.4-r2", "arch": "x86_64"}
    assert parse(kind, text)["software"] == [wanted]


def test_df_in_blocks_and_for_people() -> None:
    blocks = "Filesystem     Type 1024-blocks    Used Available Capacity Mounted on\n"
    blocks += "/dev/sda1      ext4    1000000  400000    600000      40% /\n"
    blocks += "/dev/very/long/name/of/a/device\n"
    blocks += "                xfs     200  100    100      50% /with space\n"
    first, second = parse("df", blocks)["filesystems"]
    assert first == {
        "device": "/dev/sda1",
        "mount": "/",
        "type": "ext4",
        "size": 1024000000,
        "used": 409600000,
        "free": 614400000,
        "percent": 40,
    }
    assert (second["device"], second["mount"]) == ("/dev/very/long/name/of/a/device", "/with space")
    human = "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        20G  1.5G   18G   8% /\n"
    assert parse("df", human)["filesystems"][0]["size"] == 20 * 1024**3
    mac = "Filesystem 512-blocks Used Available Capacity iused ifree %iused Mounted on\n"
    mac += "/dev/disk1s1 1000 200 800 20% 12 99 11% /\n"
    assert parse("df", mac)["filesystems"][0] == {
        "device": "/dev/disk1s1",
        "mount": "/",
        "size": 512000,
        "used": 102400,
        "free": 409600,
        "percent": 20,
    }


def test_mount_of_linux_bsd_and_proc() -> None:
    for text in (
        "/dev/sda1 on / type ext4 (rw,noatime)\n",
        "/dev/sda1 / ext4 rw,noatime 0 0\n",
    ):
        assert parse("mount", text)["filesystems"] == [
            {"device": "/dev/sda1", "mount": "/", "type": "ext4", "options": ["rw", "noatime"]}
        ]
    assert parse("mount", "/dev/ada0p2 on / (ufs, local)\n")["filesystems"][0]["type"] == "ufs"


def test_lsblk_as_json_pairs_and_tree() -> None:
    as_json = '{"blockdevices":[{"name":"sda","type":"disk","size":1000,"model":"M","serial":"S","children":'
    as_json += '[{"name":"sda1","type":"part","size":900,"fstype":"ext4","mountpoints":["/"]}]}]}'
    pairs = 'NAME="sda" TYPE="disk" SIZE="1000" MODEL="M" SERIAL="S"\n'
    pairs += 'NAME="sda1" TYPE="part" SIZE="900" FSTYPE="ext4" MOUNTPOINT="/"\n'
    for text in (as_json, pairs):
        facts = parse("lsblk", text)
        assert facts["disks"] == [{"name": "sda", "model": "M", "serial": "S", "size": 1000}]
        assert facts["filesystems"] == [{"device": "sda1", "mount": "/", "type": "ext4", "size": 900}]
    tree = "NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT\nsda      8:0    0   20G  0 disk \n"
    tree += "└─sda1   8:1    0   19G  0 part /\n"
    assert parse("lsblk", tree)["disks"] == [{"name": "sda", "size": 20 * 1024**3}]
    assert parse("lsblk", tree)["filesystems"] == [{"device": "sda1", "mount": "/", "size": 19 * 1024**3}]


def test_lsblk_with_chosen_columns_never_takes_another_column_for_the_serial() -> None:
    text = "NAME   KNAME MAJ:MIN FSTYPE MOUNTPOINT RM MODEL            SERIAL  SIZE TYPE LOG-SEC\n"
    text += "sda    sda     8:0                      0 EXCO FAST 1      Z77      20G disk     512\n"
    text += "└─sda1 sda1    8:1   ext4   /           0                           19G part     512\n"
    text += "sdb    sdb     8:16                     0                           10G disk     512\n"
    facts = parse("lsblk", text)
    assert facts["disks"] == [
        {"name": "sda", "model": "EXCO FAST 1", "serial": "Z77", "size": 20 * 1024**3},
        {"name": "sdb", "size": 10 * 1024**3},
    ]
    assert facts["filesystems"] == [{"device": "sda1", "mount": "/", "type": "ext4", "size": 19 * 1024**3}]


def test_lvm_and_zfs() -> None:
    uuid = "AbCdEf-1234-5678-90ab-cdef-1234-AbCdEf"
    pvs = f"  /dev/sdb1  lvm2 a-    2466.25 2256.54 {uuid}  588\n"
    assert parse("pvs", pvs)["physical_volumes"] == [
        {
            "device": "/dev/sdb1",
            "format": "lvm2",
            "attributes": "a-",
            "size": 2466250000,
            "free": 2256540000,
            "uuid": uuid,
            "extents": 588,
        }
    ]
    vgs = "  VG   #PV #LV #SN Attr   VSize   VFree\n  vg0    1   2   0 wz--n- <10.00g 2.00g\n"
    assert parse("vgs", vgs)["volume_groups"] == [
        {"name": "vg0", "physical_volumes": 1, "logical_volumes": 2, "attributes": "wz--n-"}
        | {"size": 10 * 1024**3, "free": 2 * 1024**3}
    ]
    zpool = "NAME   SIZE  ALLOC   FREE  HEALTH\ntank  3.00T  1.00T  2.00T  ONLINE\n"
    assert parse("zpool", zpool)["pools"] == [
        {"name": "tank", "size": 3 * 1024**4, "used": 1024**4, "health": "ONLINE"}
    ]


def test_who_services_containers_machines() -> None:
    assert parse("who", "ann  pts/0  2024-02-29 18:43 (192.0.2.1)\n")["users"] == [
        {"name": "ann", "terminal": "pts/0", "since": "2024-02-29 18:43", "from": "192.0.2.1"}
    ]
    units = "  UNIT          LOAD   ACTIVE SUB     DESCRIPTION\n"
    units += "● ssh.service   loaded active running Secure shell\n"
    assert parse("systemctl", units)["services"] == [
        {"name": "ssh", "state": "running", "active": True, "description": "Secure shell"}
    ]
    table = "CONTAINER ID   IMAGE     COMMAND   CREATED       STATUS       PORTS     NAMES\n"
    table += 'abc123         nginx:1   "nginx"   2 hours ago   Up 2 hours   80/tcp    web\n'
    assert parse("docker-ps", table)["containers"] == [
        {"id": "abc123", "name": "web", "image": "nginx:1", "state": "Up 2 hours", "ports": "80/tcp"}
    ]
    assert parse("docker-ps", '{"ID":"a","Names":"web","Image":"n","State":"running"}\n')["containers"] == [
        {"id": "a", "name": "web", "image": "n", "state": "running"}
    ]
    virsh = (
        " Id   Name        State\n---------------------------\n 1    web server  running\n -    db          shut off\n"
    )
    assert parse("virsh-list", virsh)["virtual_machines"] == [
        {"id": "1", "name": "web server", "state": "running"},
        {"name": "db", "state": "shut off"},
    ]
    vms = "Vmid   Name   File                    Guest OS        Version   Annotation\n"
    vms += "12     web    [store1] web/web.vmx    debian11_64Guest   vmx-19\n"
    assert parse("getallvms", vms)["virtual_machines"][0]["datastore"] == "store1"


def test_esxi() -> None:
    text = (
        "Platform Information\n   UUID: 0x44 0x45 0x4c 0x4c 0x0 0x10 0x11 0x12 0x80 0x33 0xb4 0xc0 0x4f 0x33 0x1 0x2\n"
    )
    text += "   Product Name: Box 7\n   Vendor Name: Exco\n   Serial Number: S77\n"
    assert parse("esxcli-hardware-platform-get", text)["system"] == {
        "vendor": "Exco",
        "model": "Box 7",
        "serial": "S77",
        "uuid": "44454c4c-0010-1112-8033-b4c04f330102",
    }
    assert parse("vmware-v", "VMware ESXi 8.0.2 build-22380479\n")["os"] == {
        "name": "VMware ESXi",
        "version": "8.0.2",
        "build": "22380479",
    }
    nics = (
        "Name    PCI Device    Driver  Admin Status  Link Status  Speed  Duplex  MAC Address         MTU  Description\n"
    )
    nics += (
        "------  ------------  ------  ------------  -----------  -----  ------  -----------------  ----  -----------\n"
    )
    nics += (
        "vmnic0  0000:04:00.0  ixgben  Up            Up           10000  Full    02:00:5e:10:00:01  1500  Exco 10G\n"
    )
    assert parse("esxcli-nic", nics)["interfaces"] == [
        {"name": "vmnic0", "mac": "02:00:5e:10:00:01", "ips": [], "up": True, "mtu": 1500, "model": "Exco 10G"}
    ]


def test_system_profiler() -> None:
    text = (
        "Hardware:\n\n    Hardware Overview:\n\n      Model Name: MacBook Pro\n"
        "      Model Identifier: MacBookPro18,1\n"
        "      Chip: Apple M1 Pro\n"
        "      Total Number of Cores: 10 (8 performance and 2 efficiency)\n      Memory: 16 GB\n"
        "      Serial Number (system): C02XX\n      Hardware UUID: 00000000-1111-2222-3333-444444444444\n\n"
        "Memory:\n\n    Memory Slots:\n\n        BANK 0/DIMM0:\n\n          Size: 4 GB\n"
        "          Type: DDR3\n"
        "          Speed: 1600 MHz\n          Part Number: 0x45583447422D3136303043313100\n\n"
        "        BANK 1/DIMM0:\n\n          Size: Empty\n\nApplications:\n\n    Notes:\n\n"
        "      Version: 4.11\n"
        "      Obtained from: Apple\n"
    )
    facts = parse("system-profiler", text)
    assert facts["system"] == {
        "vendor": "Apple",
        "model": "MacBookPro18,1",
        "name": "MacBook Pro",
        "serial": "C02XX",
        "uuid": "00000000-1111-2222-3333-444444444444",
    }
    assert facts["cpus"] == [{"name": "Apple M1 Pro", "cores": 10}]
    assert facts["memory_modules"] == [
        {"slot": "BANK 0/DIMM0", "size": 4 * 1024**3, "type": "DDR3", "speed_mhz": 1600, "model": "EX4GB-1600C11"},
        {"slot": "BANK 1/DIMM0", "size": 0},
    ]
    assert facts["software"] == [{"name": "Notes", "version": "4.11", "publisher": "Apple"}]


def test_system_profiler_as_json() -> None:
    text = (
        '{"SPHardwareDataType":[{"machine_model":"Mac14,2","machine_name":"MacBook Air","serial_number":"C02",'
        '"chip_type":"Apple M2","physical_memory":"8 GB"}],"SPSoftwareDataType":[{"os_version":"macOS 14.4.1 (23E224)",'
        '"kernel_version":"Darwin 23.4.0","local_host_name":"ann"}],"SPNetworkDataType":[{"_name":"Wi-Fi",'
        '"interface":"en0","Ethernet":{"MAC Address":"02:00:5e:10:00:01"},"ip_address":["192.0.2.10"]}],'
        '"SPStorageDataType":[{"bsd_name":"disk3s1","mount_point":"/","file_system":"APFS","size_in_bytes":1000,'
        '"free_space_in_bytes":400}]}'
    )
    facts = parse("system-profiler", text)
    assert facts["system"] == {"vendor": "Apple", "model": "Mac14,2", "name": "MacBook Air", "serial": "C02"}
    assert facts["os"] == {"name": "macOS", "version": "14.4.1", "build": "23E224", "kernel": "23.4.0"}
    assert facts["interfaces"] == [{"name": "en0", "title": "Wi-Fi", "mac": "02:00:5e:10:00:01", "ips": ["192.0.2.10"]}]
    assert facts["filesystems"] == [
        {"device": "disk3s1", "mount": "/", "type": "APFS", "size": 1000, "used": 600, "free": 400}
    ]
