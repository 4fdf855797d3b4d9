"""Between our words and pysnmp's: protocols, ends of a conversation, names and values."""

from __future__ import annotations

from typing import Any, Final

from pysnmp.entity import config
from pysnmp.proto.api import v2c

from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.values import decode_arcs

AUTH: Final = {
    None: config.USM_AUTH_NONE,
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV: Final = {
    None: config.USM_PRIV_NONE,
    "DES": config.USM_PRIV_CBC56_DES,
    "3DES": config.USM_PRIV_CBC168_3DES,
    "AES": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-REEDER": config.USM_PRIV_CFB192_AES,
    "AES-256-REEDER": config.USM_PRIV_CFB256_AES,
}
REFUSALS: Final = {
    "unknownUserName": "auth_failed",
    "wrongDigest": "auth_failed",
    "authenticationFailure": "auth_failed",
    "authenticationError": "auth_failed",
    "unsupportedSecurityLevel": "auth_failed",
    "unsupportedAuthProtocol": "auth_failed",
    "unsupportedPrivProtocol": "auth_failed",
    "decryptionError": "privacy_failed",
    "notInTimeWindow": "time_window",
    "unknownEngineID": "engine_id_changed",
    "engineIDMismatch": "engine_id_changed",
    "requestTimedOut": "silent",
    "serializationError": "malformed",
    "deserializationError": "malformed",
    "parseError": "malformed",
    "dataMismatch": "malformed",
    "invalidMsg": "malformed",
    "reportPduReceived": "malformed",
}
_VALUE_TAGS: Final = (
    (v2c.Counter64, ber.COUNTER64),
    (v2c.Counter32, ber.COUNTER32),
    (v2c.TimeTicks, ber.TIME_TICKS),
    (v2c.Gauge32, ber.GAUGE32),
    (v2c.IpAddress, ber.IP_ADDRESS),
    (v2c.Opaque, ber.OPAQUE),
    (v2c.ObjectIdentifier, ber.OBJECT_ID),
    (v2c.OctetString, ber.OCTET_STRING),
    (v2c.Integer, ber.INTEGER),
    (v2c.NoSuchObject, ber.NO_SUCH_OBJECT),
    (v2c.NoSuchInstance, ber.NO_SUCH_INSTANCE),
    (v2c.EndOfMibView, ber.END_OF_MIB),
)


def arcs_of(name: bytes) -> tuple[int, ...]:
    """Return the sub-identifiers of a whole name, as pysnmp wants them."""
    arcs = decode_arcs(name)
    head = min(arcs[0] // 40, 2)
    return (head, arcs[0] - 40 * head, *arcs[1:])


def octets_of(name: Any) -> bytes:
    """Return the contents octets of one of pysnmp's names. Raises ValueError for none."""
    return ber.encode_oid(".".join(map(str, tuple(name))))


def contents_of(value: Any) -> tuple[int, bytes]:
    """Return (tag, contents octets) of one of pysnmp's values; NULL for what no agent may send."""
    tag = next((tag for kind, tag in _VALUE_TAGS if isinstance(value, kind)), ber.NULL)
    if tag == ber.NULL:
        return tag, b""
    if tag == ber.OBJECT_ID:
        return tag, octets_of(value)
    if tag in (ber.OCTET_STRING, ber.IP_ADDRESS, ber.OPAQUE):
        return tag, bytes(value.asOctets())
    if tag >= ber.NO_SUCH_OBJECT:
        return tag, b""
    encoded = ber.encode_integer(int(value))
    return tag, encoded[2:]
