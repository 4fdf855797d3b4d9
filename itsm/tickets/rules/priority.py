"""Impact × urgency gives the priority."""

from __future__ import annotations

from collections.abc import Mapping

from itsm.tickets.enums import Level, Priority

Matrix = Mapping[tuple[Level, Level], Priority]

DEFAULT: Matrix = {
    (Level.HIGH, Level.HIGH): Priority.CRITICAL,
    (Level.HIGH, Level.MEDIUM): Priority.HIGH,
    (Level.HIGH, Level.LOW): Priority.MEDIUM,
    (Level.MEDIUM, Level.HIGH): Priority.HIGH,
    (Level.MEDIUM, Level.MEDIUM): Priority.MEDIUM,
    (Level.MEDIUM, Level.LOW): Priority.LOW,
    (Level.LOW, Level.HIGH): Priority.MEDIUM,
    (Level.LOW, Level.MEDIUM): Priority.MEDIUM,
    (Level.LOW, Level.LOW): Priority.LOW,
}
"""What holds for a cell that the customer's table does not have. Keys are (impact, urgency)."""


def priority_of(impact: Level, urgency: Level, matrix: Matrix = DEFAULT) -> Priority:
    """Return the priority of a ticket with this impact and urgency."""
    return matrix.get((impact, urgency)) or DEFAULT[impact, urgency]
