"""Read scalars and columns from any agent, also from a slow, old or hostile one, and keep what came.

Columns, not walks: several columns a request, the number of rows fitted to what one datagram carries.
Fresh columns are surveyed two rows at a time, many in a request, so that those an agent lacks cost nothing
of their own.  A request that is answered by silence or ``tooBig`` is made smaller; an agent that never
answers GETBULK is asked with GETNEXT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Final

from itsm.discovery.probe.budget import Stopped
from itsm.discovery.probe.snmp import ber
from itsm.discovery.probe.snmp.ber import Row
from itsm.discovery.probe.snmp.column import Column, Harvest, by_table, parent
from itsm.discovery.probe.snmp.session import NO_ERROR, NO_SUCH_NAME, TOO_BIG, Answer, Session
from itsm.discovery.probe.snmp.values import decode_arcs, index_text, oid_text, value_text
from itsm.discovery.wire import Varbind

FULL_ANSWER: Final = 1_300
"""Octets of bindings to aim at: most agents cut at the Ethernet MTU, and fragments get lost."""
_SURVEY_WIDTH: Final = 20
_WALK_WIDTH: Final = 8
_SCALARS: Final = 24
_MOST_REPETITIONS: Final = 40
_PATIENCE: Final = 2
"""Failed requests in a row (each repeated by the session) after which the agent is asked if it lives."""
_MOST_FAILURES: Final = 14
_ENTERPRISES: Final = ber.encode_oid("1.3.6.1.4.1")
_MOST_ENTERPRISES: Final = 24
_SYS_UP_TIME: Final = ber.encode_oid("1.3.6.1.2.1.1.3.0")
_RETRIABLE: Final = frozenset({"silent", "malformed", "wrong_id", "other_source"})


class Reader:
    """Reads one agent through a session and gathers a :class:`Harvest`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.harvest = Harvest()
        self._in_a_row = self._failures = 0
        self._use_bulk = session.bulk
        self._bulk_worked = False
        self._most_names = self._ceiling = _SCALARS
        self._most_rows = 10_000
        """Rows times columns that this agent is known to bear in one request."""
        self._row_octets = 34.0
        self._lengths: dict[bytes, int] = {}
        """Rows of the tables of which a column has been read to its end."""

    # ------------------------------------------------------------------------------------------ scalars
    async def scalars(self, oids: Sequence[str]) -> None:
        """Read single values; those the agent lacks are left out. Raises Stopped when the agent is gone.

        Version 1 answers noSuchName for the whole request, so there each value is asked for as the successor
        of its parent: one request instead of a search by halves.
        """
        names = [ber.encode_oid(oid) for oid in oids]
        texts = dict(zip(names, oids, strict=True))
        waiting = [names[at : at + _SCALARS] for at in range(0, len(names), _SCALARS)][::-1]
        while waiting:
            group = waiting.pop()
            if len(group) > self._most_names:
                waiting += [group[self._most_names :], group[: self._most_names]]
                continue
            pdu, asked = (ber.GET, group) if self.session.bulk else (ber.GETNEXT, [parent(name) for name in group])
            answer = await self._try(pdu, asked)
            if answer is not None and answer.status == NO_ERROR:
                self._keep_scalars({name: texts[name] for name in group}, answer.rows)
            elif answer is not None and answer.status != TOO_BIG and 1 <= answer.position <= len(group):
                waiting.append(group[: answer.position - 1] + group[answer.position :])
            elif len(group) > 1:
                self._fewer_names(len(group) // 2, explicit=answer is not None)
                waiting.append(group)
            elif answer is None:
                self.harvest.trouble("silent", f"at {oid_text(group[0])}")
            waiting = [group for group in waiting if group]

    def _keep_scalars(self, wanted: dict[bytes, str], rows: list[Row]) -> None:
        self.session.meter.spend(rows=len(rows))
        for name, tag, value in rows:
            text = wanted.pop(name, None)
            if text is not None and tag < ber.NO_SUCH_OBJECT:
                self._keep(text, tag, value)

    # ------------------------------------------------------------------------------------------ columns
    async def columns(self, oids: Iterable[str]) -> None:
        """Read whole columns. Raises Stopped when the agent is gone or its budget is spent."""
        fresh = [Column.of(oid) for oid in oids]
        for at in range(0, len(fresh), _SURVEY_WIDTH):
            await self._advance(fresh[at : at + _SURVEY_WIDTH], survey=True)
        for table in by_table([column for column in fresh if not column.ended]):
            for at in range(0, len(table), _WALK_WIDTH):
                await self._walk(table[at : at + _WALK_WIDTH])

    async def sample(self, oid: str, rows: int) -> None:
        """Read the first rows of a subtree, whatever they are. Raises Stopped as :meth:`columns`."""
        subtree = Column.of(oid)
        subtree.most = rows
        await self._walk([subtree])

    async def enterprises(self) -> list[int]:
        """Return the enterprise numbers that the agent has objects of; a few GETNEXT requests, 24 at most."""
        found: list[int] = []
        name = _ENTERPRISES
        for _ in range(_MOST_ENTERPRISES):
            answer = await self._try(ber.GETNEXT, [name])
            if answer is None or answer.status != NO_ERROR or not answer.rows:
                break
            next_name, tag, _ = answer.rows[0]
            if tag >= ber.NO_SUCH_OBJECT or not next_name.startswith(_ENTERPRISES):
                break
            try:
                number = decode_arcs(next_name[len(_ENTERPRISES) :])[0]
                name = ber.encode_oid(f"1.3.6.1.4.1.{number + 1}")
            except (ber.Malformed, IndexError, ValueError):
                break
            if found and number <= found[-1]:
                break
            found.append(number)
        return found

    async def _walk(self, group: list[Column]) -> None:
        while group := [column for column in group if not column.ended]:
            await self._advance(group, survey=False)

    async def _advance(self, columns: list[Column], *, survey: bool) -> None:
        """Bring every column of the list on by at least one row, or end it."""
        waiting = [columns]
        while waiting:
            group = [column for column in waiting.pop() if not column.ended]
            if not group:
                continue
            if len(group) > self._most_names:
                waiting += [group[self._most_names :], group[: self._most_names]]
                continue
            repetitions = self._repetitions(group, survey=survey)
            pdu = ber.GETBULK if self._use_bulk else ber.GETNEXT
            answer = await self._try(pdu, [column.cursor for column in group], repetitions)
            if answer is not None and answer.status == NO_ERROR and answer.rows:
                self._bulk_worked = self._bulk_worked or self._use_bulk
                self._take(group, answer)
            elif self._shrink(group, answer, repetitions):
                waiting.append(group)

    def _repetitions(self, group: list[Column], *, survey: bool) -> int:
        """Return how many rows to ask for: what fits an answer, no more than the table has."""
        if not self._use_bulk:
            return 0
        fitting = 2 if survey else int(FULL_ANSWER / (len(group) * self._row_octets))
        left = self._lengths.get(group[0].table, 0) - min(column.rows for column in group) + 1
        if left > 1:
            fitting = min(fitting, left)
        return max(1, min(fitting, _MOST_REPETITIONS, self._most_rows // len(group)))

    def _shrink(self, group: list[Column], answer: Answer | None, repetitions: int) -> bool:
        """Make the next request easier for the agent; False when nothing is left to try for this group."""
        explicit = answer is not None
        if answer is not None and answer.status not in (NO_ERROR, TOO_BIG):
            if not 1 <= answer.position <= len(group) and len(group) > 1:
                self._fewer_names(len(group) // 2, explicit=True)
                return True
            column = group[max(answer.position, 1) - 1]
            column.ended = "ok"
            if answer.status != NO_SUCH_NAME:
                self._end(column, "agent_error")
            return True
        if repetitions > 1:
            self._most_rows = max(1, len(group) * repetitions // (2 if explicit else 4))
        elif self._use_bulk and not self._bulk_worked and not explicit:
            self._use_bulk = False
        elif len(group) > 1:
            self._fewer_names(len(group) // (2 if explicit else 4), explicit=explicit)
        elif self._use_bulk and not self._bulk_worked:
            self._use_bulk, self._most_names = False, self._ceiling
        else:
            self._end(group[0], _fault(answer))
            return False
        return True

    def _fewer_names(self, count: int, *, explicit: bool) -> None:
        """Ask for fewer names at a time: for good when the agent said so, for a while when it was silent."""
        self._most_names = max(1, count)
        if explicit:
            self._ceiling = self._most_names

    def _take(self, group: list[Column], answer: Answer) -> None:
        """Give each row of an answer to its column."""
        limit = self.session.meter.limits.rows_per_column
        for column, (name, tag, value) in zip(cycle(group), answer.rows, strict=False):
            if column.ended:
                continue
            if tag >= ber.NO_SUCH_OBJECT or not name.startswith(column.prefix):
                column.ended = "ok"
                if column.rows:
                    self._lengths[column.table] = column.rows
                continue
            if name <= column.cursor and (fault := column.backward(name)):
                self._end(column, fault)
                continue
            column.cursor = name
            column.names.append(name)
            if column.seen is not None:
                column.seen.add(name)
            column.rows += 1
            try:
                self._keep(column.label + index_text(name[len(column.prefix) :]), tag, value)
            except ber.Malformed:
                self._end(column, "malformed")
            if column.rows == column.most:
                column.ended = "ok"
            elif column.rows >= limit:
                self._end(column, "budget_rows")
        self._row_octets += 0.3 * (answer.octets / len(answer.rows) - self._row_octets)
        self.session.meter.spend(rows=len(answer.rows))

    def _end(self, column: Column, reason: str) -> None:
        column.ended = reason
        self.harvest.trouble(reason, f"at {column.label[:-1]}")

    # ------------------------------------------------------------------------------------------ one request
    async def _try(self, pdu: int, names: list[bytes], repetitions: int = 0) -> Answer | None:
        """Ask once; None for no usable answer from an agent that lives. Raises Stopped when it is gone."""
        try:
            answer = await self.session.ask(pdu, names, repetitions=repetitions)
        except Stopped as stopped:
            self._failures += 1
            self._in_a_row += 1
            if stopped.reason not in _RETRIABLE or self._failures > _MOST_FAILURES:
                raise
            if self._in_a_row >= _PATIENCE:
                await self.session.ask(ber.GET, [_SYS_UP_TIME])
                self._in_a_row = 0
            return None
        self._in_a_row = 0
        if answer.status == NO_ERROR:
            self._most_names = min(2 * self._most_names, self._ceiling)
        return answer

    def _keep(self, oid: str, tag: int, value: bytes) -> None:
        text = value_text(tag, value)
        if text is not None:
            self.harvest.varbinds.append(Varbind(oid, text[0], text[1]))
        elif tag < ber.NO_SUCH_OBJECT and tag != ber.NULL:
            self.harvest.trouble("malformed", f"value of {oid}")


def _fault(answer: Answer | None) -> str:
    """Return the name for a single column that could not be read by the smallest request."""
    if answer is None:
        return "silent"
    return "too_big" if answer.status == TOO_BIG else "empty_answer"
