"""Words of notifications."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why somebody hears of something; it stands at the foot of every mail."""

    REQUESTER = "requester"
    AFFECTED = "affected"
    WATCHER = "watcher"
    ASSIGNEE = "assignee"
    GROUP = "group"
    ROLE = "role"


class MailState(StrEnum):
    """What became of the mail that belongs to a notification."""

    NONE = "none"
    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    """The mail server said no for good, or there is no usable address."""
