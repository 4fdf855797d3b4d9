"""SNMPv3 (USM) through pysnmp, with the same ``ask`` as versions 1 and 2c.

One engine a credential and sweep, never one a device: an engine costs some 70 ms to make.  The engine's
datagrams pass through :class:`_MeteredTransport`, which charges them to their host's budget and drops what
comes from anywhere else, so that neither a flood nor a forged report reaches pysnmp's decoder.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c

from itsm.discovery.probe.budget import BudgetSpent, Limits, Meter, Stopped
from itsm.discovery.probe.credentials import UsmUser
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.session import Answer, Noise
from itsm.discovery.probe.snmp.values import decode_arcs

_AUTH: Final = {
    None: config.USM_AUTH_NONE,
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIV: Final = {
    None: config.USM_PRIV_NONE,
    "DES": config.USM_PRIV_CBC56_DES,
    "3DES": config.USM_PRIV_CBC168_3DES,
    "AES": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-REEDER": config.USM_PRIV_CFB192_AES,
    "AES-256-REEDER": config.USM_PRIV_CFB256_AES,
}
_REFUSALS: Final = {
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
_PARAMETERS: Final = "sweep"
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


class UsmConversation:
    """An SNMPv3 conversation with one agent; see :class:`~itsm.discovery.probe.snmp.session.Session`."""

    version = "3"
    bulk = True

    def __init__(self, engine: UsmEngine, peer: tuple[str, int], *, context: str = "", meter: Meter | None = None):
        self.peer, self.context = peer, context
        self.meter = meter or Meter(Limits())
        self.noise = Noise()
        self.received = self._received_before = 0
        """Datagrams that came, of whatever kind."""
        self._engine = engine
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, pdu: int, names: list[bytes], *, repetitions: int = 0, patient: bool = True) -> Answer:
        """Send one request and return its answer. Raises Stopped: ``silent``, ``auth_failed``, …"""
        self.meter.check_time()
        before, self._received_before = self.meter.octets, self.received
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            with self._engine.open_door(self) as door:
                self._engine.send(door, self, pdu, names, repetitions)
                patience = min(self.meter.remaining, self._engine.patience)
                answer = await asyncio.wait_for(self._waiting, max(0.01, patience))
        except TimeoutError:
            self.meter.check_time()
            raise Stopped(self._unanswered()) from None
        except PySnmpError as error:
            raise Stopped("malformed", str(error)[:200]) from error
        finally:
            self._waiting = None
        return answer._replace(octets=self.meter.octets - before)

    def _unanswered(self) -> str:
        return "no_valid_answer" if self.received > self._received_before else "silent"

    def charge(self, octets: int) -> bool:
        """Book a datagram; False (and the request ends) once the budget is spent."""
        try:
            self.meter.spend(packets=1, octets=octets)
        except BudgetSpent as spent:
            self.fail(spent)
            return False
        return True

    def fail(self, reason: Stopped) -> None:
        """End the request under way with a reason."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(reason)

    def answered(self, indication: object, status: int, position: int, binds: Any) -> None:
        """Take what pysnmp made of an answer."""
        if self._waiting is None or self._waiting.done():
            return
        if indication:
            name = type(indication).__name__
            reason = _REFUSALS.get(name[:1].lower() + name[1:], "malformed")
            reason = self._unanswered() if reason == "silent" else reason
            self.fail(Stopped(reason, str(indication)[:200]))
            return
        try:
            rows = [(_oid(name), *_contents(value)) for name, value in binds]
        except (ValueError, TypeError) as error:
            self.fail(Stopped("malformed", str(error)[:200]))
            return
        self._waiting.set_result(Answer(status, position, rows, 0))


class _Door:
    """The target address that pysnmp wants to have registered for a request; gone when the request is."""

    def __init__(self, engine: UsmEngine, conversation: UsmConversation) -> None:
        self.engine, self.conversation = engine, conversation
        self.name = engine.next_name()

    def __enter__(self) -> _Door:
        self.engine.register(self.name, self.conversation)
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.unregister(self.name, self.conversation)


class UsmEngine:
    """One SNMPv3 user's engine: make it inside a running loop, ``close`` it at the end."""

    def __init__(self, user: UsmUser, *, seconds: float = 1.0, attempts: int = 3) -> None:
        self._user, self._seconds, self._attempts = user, seconds, attempts
        self._snmp = SnmpEngine()
        self._numbers = count(1)
        self._peers: dict[tuple[str, int], UsmConversation] = {}
        self._families: set[int] = set()
        self.patience = seconds * attempts * 2 + 1
        """Seconds after which a request counts as unanswered, whatever pysnmp still waits for."""
        level = "authPriv" if user.priv_protocol else "authNoPriv" if user.auth_protocol else "noAuthNoPriv"
        config.add_v3_user(
            self._snmp, user.user, _AUTH[user.auth_protocol], user.auth_secret or None,
            _PRIV[user.priv_protocol], user.priv_secret or None,
        )  # fmt: skip
        config.add_target_parameters(self._snmp, _PARAMETERS, user.user, level)

    def conversation(self, peer: tuple[str, int], *, context: str = "", meter: Meter | None = None) -> UsmConversation:
        """Return a conversation with the agent at ``peer``."""
        return UsmConversation(self, peer, context=context, meter=meter)

    def open_door(self, conversation: UsmConversation) -> _Door:
        """Return the context in which one request to the conversation's peer can be sent."""
        return _Door(self, conversation)

    def next_name(self) -> str:
        """Return a name that no target address has had before."""
        return f"h{next(self._numbers)}"

    def register(self, name: str, conversation: UsmConversation) -> None:
        """Make the peer known to pysnmp and to the transport."""
        self._peers[conversation.peer] = conversation
        family = socket.AF_INET6 if ":" in conversation.peer[0] else socket.AF_INET
        domain = udp6.DOMAIN_NAME if family == socket.AF_INET6 else udp.DOMAIN_NAME
        if family not in self._families:
            kind = _MeteredTransport6 if family == socket.AF_INET6 else _MeteredTransport
            transport = kind(self._peers.get)
            config.add_transport(self._snmp, domain, transport.open_client_mode())
            self._families.add(family)
        config.add_target_address(
            self._snmp, name, domain, conversation.peer, _PARAMETERS, self._seconds * 100, self._attempts - 1
        )

    def unregister(self, name: str, conversation: UsmConversation) -> None:
        """Forget the peer."""
        config.delete_target_address(self._snmp, name)
        if self._peers.get(conversation.peer) is conversation:
            del self._peers[conversation.peer]

    def send(self, door: _Door, conversation: UsmConversation, pdu: int, names: list[bytes], repetitions: int) -> None:
        """Hand one request to pysnmp. Raises PySnmpError where it can't be sent."""
        binds = [(_arcs(name), v2c.Null("")) for name in names]

        def heard(
            _engine: Any, _handle: Any, indication: Any, status: Any, position: Any, rows: Any, _context: Any
        ) -> None:
            conversation.answered(indication, int(status), int(position), rows)

        if pdu == ber.GETBULK:
            cmdgen.BulkCommandGeneratorSingleRun().send_varbinds(
                self._snmp, door.name, None, conversation.context, 0, repetitions, binds, heard
            )
            return
        kind = cmdgen.GetCommandGenerator if pdu == ber.GET else cmdgen.NextCommandGeneratorSingleRun
        kind().send_varbinds(self._snmp, door.name, None, conversation.context, binds, heard)

    def close(self) -> None:
        """Close the engine's sockets and timers."""
        self._snmp.close_dispatcher()


class _Metering:
    """Drops datagrams from strangers and charges the others; pysnmp never raises out of it."""

    _conversation_with: Callable[[tuple[str, int]], UsmConversation | None]
    _callback_function: Any

    def datagram_received(self, datagram: bytes, source: Any) -> None:
        """Pass a datagram on to pysnmp if its sender is being asked and may still cost something."""
        conversation = self._conversation_with((str(source[0]), int(source[1])))
        if conversation is None or not conversation.charge(len(datagram)):
            return
        conversation.received += 1
        try:
            self._callback_function(self, source, datagram)
        except Exception:
            conversation.noise.malformed += 1

    def send_message(self, message: bytes, address: Any) -> None:
        """Send a datagram, charged to the host it goes to."""
        conversation = self._conversation_with((str(address[0]), int(address[1])))
        if conversation is not None and not conversation.charge(len(message)):
            return
        super().send_message(message, address)  # type: ignore[misc]


class _MeteredTransport(_Metering, udp.UdpAsyncioTransport):  # type: ignore[misc]
    def __init__(self, conversation_with: Callable[[tuple[str, int]], UsmConversation | None]) -> None:
        super().__init__()
        self._conversation_with = conversation_with


class _MeteredTransport6(_Metering, udp6.Udp6AsyncioTransport):  # type: ignore[misc]
    def __init__(self, conversation_with: Callable[[tuple[str, int]], UsmConversation | None]) -> None:
        super().__init__()
        self._conversation_with = conversation_with


def _arcs(name: bytes) -> tuple[int, ...]:
    arcs = decode_arcs(name)
    head = min(arcs[0] // 40, 2)
    return (head, arcs[0] - 40 * head, *arcs[1:])


def _oid(name: Any) -> bytes:
    return ber.encode_oid(".".join(map(str, tuple(name))))


def _contents(value: Any) -> tuple[int, bytes]:
    """Return (tag, contents octets) of one of pysnmp's values; NULL for what no agent may send."""
    tag = next((tag for kind, tag in _VALUE_TAGS if isinstance(value, kind)), ber.NULL)
    if tag == ber.NULL:
        return tag, b""
    if tag == ber.OBJECT_ID:
        return tag, _oid(value)
    if tag in (ber.OCTET_STRING, ber.IP_ADDRESS, ber.OPAQUE):
        return tag, bytes(value.asOctets())
    if tag >= ber.NO_SUCH_OBJECT:
        return tag, b""
    encoded = ber.encode_integer(int(value))
    return tag, encoded[2:]
