"""Who makes what speaks a network CLI, and what its operating system is called."""

from __future__ import annotations

from typing import Final

MAKERS: Final = {
    "alcatel_aos": "Alcatel-Lucent Enterprise", "alcatel_sros": "Nokia", "allied_telesis_awplus": "Allied Telesis",
    "arista_eos": "Arista", "aruba_aoscx": "Aruba", "aruba_os": "Aruba", "aruba_procurve": "Aruba",
    "avaya_ers": "Avaya", "avaya_vsp": "Avaya", "brocade_fastiron": "Brocade", "brocade_netiron": "Brocade",
    "checkpoint_gaia": "Check Point", "ciena_saos": "Ciena", "dell_force10": "Dell", "dell_powerconnect": "Dell",
    "dell_os10": "Dell",
    "dlink_ds": "D-Link", "edgecore": "Edgecore", "eltex": "Eltex", "ericsson_ipos": "Ericsson",
    "extreme_exos": "Extreme Networks", "extreme_slxos": "Extreme Networks", "fortinet": "Fortinet",
    "fsas_sir": "Fsas Technologies", "hp_comware": "HPE", "hp_procurve": "HPE", "huawei_ont": "Huawei",
    "huawei_smartax": "Huawei", "huawei_vrp": "Huawei", "ipinfusion_ocnos": "IP Infusion",
    "juniper_junos": "Juniper", "juniper_screenos": "Juniper", "mikrotik_routeros": "MikroTik",
    "oneaccess_oneos": "OneAccess", "paloalto_panos": "Palo Alto Networks", "ruckus_fastiron": "Ruckus",
    "ubiquiti_edgerouter": "Ubiquiti", "ubiquiti_edgeswitch": "Ubiquiti", "vmware_nsxv": "VMware",
    "vyatta_vyos": "VyOS", "watchguard_firebox": "WatchGuard", "yamaha": "Yamaha", "zte_zxros": "ZTE",
    "zyxel_os": "Zyxel",
}  # fmt: skip
"""Who makes what speaks a platform's CLI (every ``cisco_`` platform is Cisco's)."""

SYSTEMS: Final = {
    "alcatel_aos": "AOS", "alcatel_sros": "SR OS", "allied_telesis_awplus": "AlliedWare Plus", "arista_eos": "EOS",
    "aruba_aoscx": "AOS-CX", "aruba_os": "ArubaOS", "brocade_fastiron": "FastIron", "brocade_netiron": "NetIron",
    "checkpoint_gaia": "Gaia", "ciena_saos": "SAOS", "cisco_asa": "ASA", "cisco_ftd": "FTD", "cisco_fxos": "FXOS",
    "cisco_ios": "IOS", "cisco_nvfis": "NFVIS", "cisco_nxos": "NX-OS", "cisco_viptela": "Viptela",
    "cisco_wlc_ssh": "AireOS", "cisco_xr": "IOS XR", "dell_force10": "FTOS",
    "dell_os10": "OS10", "sonic": "SONiC", "extreme_exos": "EXOS",
    "extreme_slxos": "SLX-OS", "fortinet": "FortiOS", "hp_comware": "Comware", "hp_procurve": "ProVision",
    "huawei_vrp": "VRP", "ipinfusion_ocnos": "OcNOS", "juniper_junos": "Junos", "juniper_screenos": "ScreenOS",
    "mikrotik_routeros": "RouterOS", "oneaccess_oneos": "OneOS", "paloalto_panos": "PAN-OS",
    "ruckus_fastiron": "FastIron", "ubiquiti_edgerouter": "EdgeOS", "vyatta_vyos": "VyOS", "zte_zxros": "ZXROS",
}  # fmt: skip
"""The operating system behind a platform's CLI."""


def maker_of(platform: str) -> str | None:
    """Return the maker of what speaks this CLI, or None."""
    return "Cisco" if platform.startswith("cisco_") else MAKERS.get(platform)
