"""What people write to a help desk, made up: sentences, kept with their markup and their folded words.

A sentence is made, rendered and folded once, and used in many texts: making each of half a million texts from nothing
would take longer than storing them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from itsm.infra.search import fold

RARE_WORD: Final = "heliostat"
"""In one ticket of a thousand: what a search for something particular finds."""
COMMON_WORD: Final = "printer"
"""In one ticket of five: what a search for something everyday finds."""


def several(words: str) -> tuple[str, ...]:
    """Return the words of a list that is written in one line, with bars between them."""
    return tuple(words.split("|"))


THINGS: Final = several(
    "laptop|monitor|dock|keyboard|headset|projector|badge reader|switch|access point|webcam|desk phone|tablet|"
    "scanner|router|charger|mouse|battery|label maker"
)
PROGRAMS: Final = several(
    "Outlook|Excel|Teams|the VPN|the wiki|payroll|the timesheet|the intranet|Firefox|the CRM|the ERP|AutoCAD|"
    "the file share|the booking tool"
)
PLACES: Final = several("Leeds|Ghent|Graz|Porto|Riga|Tartu|Lyon|Turin|Brno|Split|Cork|Bremen")
TROUBLES: Final = several("freezes|crashes|disconnects|restarts|beeps|flickers|hangs|stays dark|runs very slowly")
TIMES: Final = several(
    "after the update|every morning|since Monday|during meetings|on battery|when docked|at sign-in|"
    "over the wireless network|after lunch|in the new office"
)

TITLES: Final = (
    "{thing} {trouble} {when}",
    "{program}: error {code}",
    "New {thing} for {place}",
    "Access to {program} in {place}",
    "{program} {trouble} {when}",
)
REPORTS: Final = (
    "My {thing} {trouble} {when} and I cannot finish the monthly figures.",
    "When I open {program} it shows error {code}, and a restart did not help.",
    "We moved to {place} last week and the {thing} next to room {room} no longer works.",
    "Please give a new colleague in {place} access to {program}.",
    "The password for {program} has expired and the reset page answers {code}.",
    "Could somebody exchange the {thing} with serial {serial} before the audit?",
    "I tried another {thing} and another cable with the same result.",
    "The whole team in {place} is affected, roughly {room} people, so this is urgent.",
    "This worked well until the {thing} was exchanged {when}.",
)
ANSWERS: Final = (
    "Thanks for telling us. I looked at {program} from our side and will call you today.",
    "I exchanged the {thing} for a spare with serial {serial}; please tell me whether it holds.",
    "The supplier has it now under case {serial}, we wait for a word on {code}.",
    "The log shows {code} at that time. I emptied the cache and started the service again.",
    "Does the {thing} in room {room} do the same?",
    "I will be in {place} tomorrow, room {room}, and bring a new {thing}.",
)
REPLIES: Final = (
    "It still {trouble} {when}, nothing has changed here in {place}.",
    "Works again, thank you. The {thing} is quiet and {program} opens at once.",
    "Yes, room {room} has the same trouble, error {code} again.",
    "I am in {place} until Thursday, please come by room {room}.",
)
NOTES: Final = (
    "Third {thing} of this batch, see serial {serial}. Ask the supplier for an exchange of all.",
    "Warranty checked, {serial} is covered. Spare taken from the stockroom in {place}.",
    "Nothing in the monitoring for room {room}; suspect {program} after all, code {code}.",
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is typed, the markup that pages show, and its words as the search compares them."""

    source: str
    html: str
    words: str

    @classmethod
    def of(cls, sentences: Iterable[Text]) -> Text:
        """Return one paragraph of these sentences."""
        parts = list(sentences)
        source = " ".join(part.source for part in parts)
        return cls(source, f"<p>{source}</p>\n", " ".join(part.words for part in parts))


class Prose:
    """A source of texts that is the same for the same seed."""

    def __init__(self, chance: random.Random, *, variety: int = 3000) -> None:
        self._chance = chance
        self._pools: dict[Sequence[str], list[Text]] = {
            kind: [self._sentence(kind) for _ in range(variety)] for kind in (TITLES, REPORTS, ANSWERS, REPLIES, NOTES)
        }
        self.rare = plain(f"The {RARE_WORD} adapter reports that its checksum does not match.")
        self.common = plain(f"The {COMMON_WORD} on our floor also keeps the job in its queue.")

    def text(self, kind: Sequence[str], fewest: int, most: int, *extra: Text) -> Text:
        """Return a text of so many sentences of a kind, with these extra ones among them."""
        pool, chance = self._pools[kind], self._chance
        parts = chance.choices(pool, k=chance.randint(fewest, most))
        return Text.of([*parts[:1], *extra, *parts[1:]])

    def title(self) -> str:
        """Return a ticket's title."""
        return self._chance.choice(self._pools[TITLES]).source

    def _sentence(self, kind: Sequence[str]) -> Text:
        chance = self._chance
        said = chance.choice(kind).format(
            thing=chance.choice(THINGS),
            program=chance.choice(PROGRAMS),
            place=chance.choice(PLACES),
            trouble=chance.choice(TROUBLES),
            when=chance.choice(TIMES),
            code=f"0x{chance.randrange(1 << 20):05X}",
            room=chance.randrange(100, 999),
            serial=f"SN{chance.randrange(10**7):07d}",
        )
        return plain(said[0].upper() + said[1:])


def plain(sentence: str) -> Text:
    """Return a sentence that has no signs of markup in it, so that it is its own markup."""
    return Text(sentence, sentence, fold(sentence))
