"""SNMPv3 (USM) through pysnmp, with the same ``ask`` as versions 1 and 2c.

One engine a credential and sweep, never one a device: an engine costs some 70 ms to make.  The engine's
datagrams pass through :class:`MeteredTransport`, which charges them to their host's budget and drops what
comes from anywhere else, so that neither a flood nor a forged report reaches pysnmp's decoder.
"""

from __future__ import annotations

import asyncio
import socket
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
from itsm.discovery.probe.snmp.usm import AUTH, PRIV, REFUSALS, arcs_of, contents_of, octets_of
from itsm.discovery.probe.snmp.v3_transport import MeteredTransport, MeteredTransport6

_PARAMETERS: Final = "sweep"


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
            raise self._unanswered() from None
        except PySnmpError as error:
            reason = "no_cipher_here" if "EncryptionError" in str(error) else "malformed"
            raise Stopped(reason, str(error)[:200]) from error
        finally:
            self._waiting = None
        return answer._replace(octets=self.meter.octets - before)

    def _unanswered(self) -> Stopped:
        """Name the lack of an answer. Many agents drop what they can't decrypt without a word."""
        if self.received > self._received_before:
            return Stopped("no_valid_answer", "it told its engine id and no more: is the privacy password right?")
        return Stopped("silent")

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
            reason = REFUSALS.get(name[:1].lower() + name[1:], "malformed")
            self.fail(self._unanswered() if reason == "silent" else Stopped(reason, str(indication)[:200]))
            return
        try:
            rows = [(octets_of(name), *contents_of(value)) for name, value in binds]
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
            self._snmp, user.user, AUTH[user.auth_protocol], user.auth_secret or None,
            PRIV[user.priv_protocol], user.priv_secret or None,
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
            kind = MeteredTransport6 if family == socket.AF_INET6 else MeteredTransport
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
        binds = [(arcs_of(name), v2c.Null("")) for name in names]

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
