"""Clients of others: pysnmp and net-snmp, so that we don't test our reading against our own writing."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    get_cmd,
    usmAesCfb256Protocol,
    usmHMAC192SHA256AuthProtocol,
)

from itsm.demo.fleet.secrets import COMMUNITY, V3_USER

NETSNMP_V3 = (
    "-v3", "-l", "authPriv", "-u", V3_USER.name, "-a", "SHA-256", "-A", V3_USER.auth_password,
    "-x", "AES-256", "-X", V3_USER.privacy_password,
)  # fmt: skip
NETSNMP_V2C = ("-v2c", "-c", COMMUNITY)


def community(text: str = COMMUNITY, *, v1: bool = False) -> CommunityData:
    return CommunityData(text, mpModel=0 if v1 else 1)


def v3_user(auth: str = V3_USER.auth_password, privacy: str = V3_USER.privacy_password) -> UsmUserData:
    return UsmUserData(
        V3_USER.name,
        authKey=auth,
        privKey=privacy,
        authProtocol=usmHMAC192SHA256AuthProtocol,
        privProtocol=usmAesCfb256Protocol,
    )


def ask(address: str, port: int, who: object, *oids: str, timeout: float = 2.0) -> dict[str, str] | str:
    """Return {oid: text} by pysnmp, or the words of its error."""

    async def talk() -> dict[str, str] | str:
        engine = SnmpEngine()
        try:
            target = await UdpTransportTarget.create((address, port), timeout=timeout, retries=0)
            wanted = [ObjectType(ObjectIdentity(oid)) for oid in oids]
            failed, status, _index, found = await get_cmd(engine, who, target, ContextData(), *wanted, lookupMib=False)
            if failed or status:
                return str(failed or status.prettyPrint())
            return {str(name): value.prettyPrint() for name, value in found}
        finally:
            engine.close_dispatcher()

    return asyncio.run(talk())


def netsnmp(program: str, how: Sequence[str], address: str, port: int, *oids: str) -> list[str]:
    """Return the lines of a net-snmp program, numeric and without type words beyond its own."""
    ran = subprocess.run(
        [program, *how, "-On", "-Oe", "-t", "10", "-r", "2", f"{address}:{port}", *oids],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return (ran.stdout + ran.stderr).splitlines()
