"""The audit journal: who changed what, from what to what, when, through which door, in which action.

Rows are chained by hashes. Personal data enters the chain as a salted commitment only, so that erasing it keeps the
chain valid. A model takes part by declaring ``__journal__ = "ticket"`` (its subject type); ``__journal_omit__`` names
columns
that are derived, secret or machine chatter.
"""

from itsm.infra.journal.capture import Changes, changed_attributes
from itsm.infra.journal.chain import Verdict, verify, write
from itsm.infra.journal.model import JournalHead, JournalRow

__all__ = ["Changes", "JournalHead", "JournalRow", "Verdict", "changed_attributes", "verify", "write"]
