"""Hardware: SMBIOS tables of both layouts, processors, buses, drives, field-replaceable units."""

from itsm.discovery.parsers import parse

TABLE = """# dmidecode 3.4
Getting SMBIOS data from sysfs.
SMBIOS 3.2.0 present.

Handle 0x0000, DMI type 0, 26 bytes
BIOS Information
\tVendor: Example Firmware Ltd
\tVersion: 1.42
\tRelease Date: 03/04/2023
\tCharacteristics:
\t\tPCI is supported
\t\tBIOS is upgradeable

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: Example Corp.
\tProduct Name: Box 9000\x20\x20\x20
\tVersion: Not Specified
\tSerial Number: To Be Filled By O.E.M.
\tUUID: 00112233-4455-6677-8899-aabbccddeeff
\tSKU Number:\x20\x20

Handle 0x0002, DMI type 3, 22 bytes
Chassis Information
\tManufacturer: Example Corp.
\tType: Rack Mount Chassis
\tSerial Number: CH-77

Handle 0x0010, DMI type 16, 23 bytes
Physical Memory Array
\tUse: System Memory
\tError Correction Type: Multi-bit ECC

Handle 0x0011, DMI type 17, 40 bytes
Memory Device
\tSize: 16 GB
\tForm Factor: DIMM
\tLocator: A1
\tType: DDR4
\tSpeed: 2933 MT/s
\tManufacturer: 80CE000080CE
\tSerial Number: 0042AB17
\tPart Number: EX16G-2933\x20\x20\x20

Handle 0x0012, DMI type 17, 40 bytes
Memory Device
\tSize: No Module Installed
\tLocator: A2
\tSerial Number: NO DIMM

Handle 0x0020, DMI type 16, 23 bytes
Physical Memory Array
\tUse: Flash Memory

Handle 0x0021, DMI type 17, 40 bytes
Memory Device
\tSize: 8 MB
\tLocator: ROM

Handle 0x0030, DMI type 4, 48 bytes
Processor Information
\tSocket Designation: CPU 1
\tType: Central Processor
\tFamily: Xeon
\tManufacturer: Intel
\tID: F2 06 03 00 FF FB EB BF
\tVersion: Intel(R) Xeon(R)  CPU @ 2.30GHz
\tMax Speed: 4000 MHz
\tCurrent Speed: 2300 MHz
\tStatus: Populated, Enabled
\tCore Count: 18
\tThread Count: 36

Handle 0x0031, DMI type 4, 48 bytes
Processor Information
\tSocket Designation: CPU 2
\tType: Central Processor
\tStatus: Unpopulated
"""


def test_dmidecode_gives_the_machine_and_leaves_placeholders_out() -> None:
    facts = parse("dmidecode", TABLE)
    assert facts["system"] == {
        "vendor": "Example Corp.",
        "model": "Box 9000",
        "serial": "CH-77",
        "uuid": "00112233-4455-6677-8899-aabbccddeeff",
    }
    assert facts["bios"] == {"vendor": "Example Firmware Ltd", "version": "1.42", "date": "03/04/2023"}
    assert facts["chassis"] == {"type": "Rack Mount Chassis", "vendor": "Example Corp.", "serial": "CH-77"}


def test_dmidecode_gives_a_row_a_memory_slot_and_no_flash() -> None:
    fitted, empty = parse("dmidecode-memory", TABLE)["memory_modules"]
    assert fitted == {
        "slot": "A1",
        "size": 16 * 1024**3,
        "serial": "0042AB17",
        "vendor": "Samsung",
        "model": "EX16G-2933",
        "type": "DDR4",
        "form_factor": "DIMM",
        "speed_mhz": 2933,
        "error_correction": "Multi-bit ECC",
    }
    assert empty == {"slot": "A2", "size": 0, "error_correction": "Multi-bit ECC"}


def test_dmidecode_counts_fitted_processors_and_decodes_the_identification() -> None:
    (cpu,) = parse("dmidecode-cpu", TABLE)["cpus"]
    assert cpu["name"] == "Intel Xeon CPU @ 2.30GHz"
    assert (cpu["cores"], cpu["threads"], cpu["speed_mhz"]) == (18, 36, 2300)
    assert (cpu["cpuid"], cpu["family_number"], cpu["model_number"], cpu["stepping"]) == ("BFEBFBFF000306F2", 6, 63, 2)


def test_dmidecode_rows_are_the_structures_as_printed() -> None:
    rows = parse("dmidecode", TABLE)["rows"]
    assert rows[0]["values"]["characteristics"] == ["PCI is supported", "BIOS is upgradeable"]
    assert rows[1]["handle"] == "0x0001"


def test_the_layout_of_dmidecode_before_version_2() -> None:
    text = (
        "SMBIOS 2.3 present.\nHandle 0x0000\n\tDMI type 0, 20 bytes.\n\tBIOS Information Block\n"
        "\t\tVendor: OLD\n"
        "\t\tRelease: 12/11/2002\nHandle 0x0100\n\tDMI type 1, 25 bytes.\n\tSystem Information Block\n"
        "\t\tVendor: OLDCO\n\t\tProduct: S-1\n\t\tSerial Number: Q7\nHandle 0x0600\n\tDMI type 6, 12 bytes.\n"
        "\tMemory Bank\n\t\tSocket: DIMM1\n\t\tType: ECC DIMM SDRAM \n\t\tInstalled Size: 256Mbyte\n"
    )
    facts = parse("dmidecode", text)
    assert facts["system"] == {"vendor": "OLDCO", "model": "S-1", "serial": "Q7"}
    assert facts["bios"] == {"vendor": "OLD", "date": "12/11/2002"}
    assert facts["memory_modules"] == [{"slot": "DIMM1", "size": 256 * 1024**2, "type": "ECC DIMM SDRAM"}]


def test_single_values_of_dmidecode_and_sysfs() -> None:
    assert parse("dmidecode-s-system-serial-number", "# a warning\nZX81\n") == {"system": {"serial": "ZX81"}}
    assert parse("sysfs-product_name", "Box 9000\n") == {"system": {"model": "Box 9000"}}
    assert parse("sysfs-board_serial", "None\n") == {}


def test_proc_cpuinfo_counts_packages_cores_and_threads() -> None:
    block = "processor\t: {}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 94\n"
    block += "model name\t: Intel(R) Core(TM) i7 @ 3.40GHz\nstepping\t: 3\ncpu MHz\t\t: 3400.125\n"
    block += "physical id\t: {}\nsiblings\t: 2\ncpu cores\t: 1\n\n"
    cpus = parse("proc-cpuinfo", "".join(block.format(n, n // 2) for n in range(4)))["cpus"]
    assert [(cpu["name"], cpu["cores"], cpu["threads"], cpu["speed_mhz"]) for cpu in cpus] == [
        ("Intel Core i7 @ 3.40GHz", 1, 2, 3400)
    ] * 2


def test_proc_cpuinfo_of_a_small_board_tells_its_serial() -> None:
    text = "processor\t: 0\nBogoMIPS\t: 38.40\n\nHardware\t: BCM2835\n"
    text += "Serial\t\t: 00000000abcdef01\nModel\t\t: Small Pi 3\n"
    assert parse("cpuinfo", text)["system"] == {"model": "Small Pi 3", "serial": "00000000abcdef01"}


def test_lscpu_as_text_and_as_json() -> None:
    text = "Architecture:        x86_64\nThread(s) per core:  2\nCore(s) per socket:  4\n"
    text += "Socket(s):           2\n"
    text += "Vendor ID:           AuthenticAMD\nModel name:          AMD EPYC 1\n"
    text += "CPU MHz:             2500.0\n"
    wanted = {"name": "AMD EPYC 1", "vendor": "AuthenticAMD", "cores": 4, "threads": 8, "speed_mhz": 2500}
    assert parse("lscpu", text)["cpus"] == [wanted, wanted]
    assert parse("lscpu", text)["os"] == {"arch": "x86_64"}
    nested = '{"lscpu":[{"field":"Vendor ID:","data":"Exa","children":[{"field":"Model name:","data":"X 1"}]}]}'
    assert parse("lscpu", nested)["cpus"] == [{"name": "X 1", "vendor": "Exa"}]


def test_lspci_with_numbers_and_drivers() -> None:
    text = (
        "00:1f.6 Ethernet controller [0200]: Example Co I219 [8086:15b8] (rev 31)\n"
        "\tSubsystem: Other Device [1028:06b9]\n"
        "\tKernel driver in use: e1000e\n01:00.0 VGA compatible controller: Plain Name\n"
    )
    assert parse("lspci", text)["pci_devices"] == [
        {
            "slot": "00:1f.6",
            "type": "Ethernet controller",
            "class_id": "0200",
            "name": "Example Co I219",
            "id": "8086:15b8",
            "revision": "31",
            "subsystem_id": "1028:06b9",
            "driver": "e1000e",
        },
        {"slot": "01:00.0", "type": "VGA compatible controller", "name": "Plain Name"},
    ]


def test_smartctl_of_sata_sas_and_nvme() -> None:
    sata = "Device Model:     ST1000EX-1\nSerial Number:    Z1\nFirmware Version: F2\n"
    sata += "User Capacity:    1,000,204,886,016 bytes [1.00 TB]\nSATA Version is:  SATA 3.0\n"
    sata += "LU WWN Device Id: 5 000c50 0a1b2c3d4\n"
    assert parse("smartctl", sata)["disks"] == [
        {
            "vendor": "Seagate",
            "model": "ST1000EX-1",
            "serial": "Z1",
            "firmware": "F2",
            "size": 1_000_204_886_016,
            "interface": "SATA",
            "type": "disk",
            "wwn": "5000c500a1b2c3d4",
        }
    ]
    nvme = "Model Number:                       FAST 1\nSerial Number:                      N9\n"
    nvme += "NVMe Version:                       1.4\n"
    nvme += "Total NVM Capacity:                 500,107,862,016 [500 GB]\n"
    assert parse("smartctl", nvme)["disks"][0]["interface"] == "NVMe"
    assert parse("smartctl", nvme)["disks"][0]["size"] == 500_107_862_016
    as_json = '{"device":{"name":"/dev/sda","protocol":"ATA"},"model_name":"M","serial_number":"S",'
    as_json += '"user_capacity":{"bytes":7}}'
    assert parse("smartctl", as_json)["disks"] == [
        {"name": "/dev/sda", "model": "M", "serial": "S", "size": 7, "interface": "ATA"}
    ]


def test_ipmi_fru_gives_machine_parts_and_modules() -> None:
    text = (
        "FRU Device Description : Builtin FRU Device (ID 0)\n Product Manufacturer  : EXCO\n"
        " Product Name          : R1 \n"
        " Product Serial        : PS123   \n\nFRU Device Description : PS1 (ID 1)\n"
        " Board Mfg             : EXCO\n"
        " Board Product         : PWR 750W\n Board Serial          : CN1\n\n"
        "FRU Device Description : BP0 (ID 2)\n"
        " Device not present (Timeout)\n\nFRU Device Description : CPU 1 DIMM 2 (ID 113)\n"
        " Memory Type           : DDR3 SDRAM\n"
        " Memory size           : 8192 MB\n Serial Number         : e9aa\n"
    )
    facts = parse("ipmi-fru", text)
    assert facts["system"] == {"vendor": "EXCO", "model": "R1", "serial": "PS123"}
    assert facts["components"] == [{"name": "PS1", "vendor": "EXCO", "model": "PWR 750W", "serial": "CN1"}]
    assert facts["memory_modules"] == [
        {"slot": "CPU 1 DIMM 2", "size": 8 * 1024**3, "serial": "e9aa", "type": "DDR3 SDRAM"}
    ]
