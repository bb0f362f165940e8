"""Questions that are answered with yes or no before something is done that cannot be taken back lightly."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from core.dialogue.draft import TurnDraft
from core.dialogue.text import words
from core.event import Event, Said, Spoke, Tapped
from core.learn.terms import key
from core.phrases import locales, phrase
from core.reply import Choice, Text

VALID = timedelta(minutes=10)

ConfirmationAnswer = Literal["yes", "no", "late"]
"""`late` is a button of a question that was asked too long ago."""

SpoofableSender = Callable[[str], bool]
"""Whether, on a channel by its name, others can write in somebody's name; what is sent there still reaches the right one."""


def number(rng: Random) -> str:
    """Six digits: who writes in somebody else's name has one guess, or as many as fit into a burst."""
    return f"{rng.randrange(10**6):06}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """`name` begins its buttons' values; the others are keys of phrases: the question itself, its buttons, and other words for yes.

    `destroys` says that yes cannot be taken back. Below `ask` with `_number` behind it there are words for where yes
    is a number that only who gets our messages can know.
    """

    name: str
    ask: str
    yes: str = "person.yes"
    no: str = "person.no"
    words: str = "person.words.yes"
    destroys: bool = False

    def asked(self, before: str, locale: str, now: datetime, number: str = "") -> Text:
        """The question below what has to be known first; with a `number`, that is what yes is said by."""
        if number:
            return Text(text=f"{before}\n\n{phrase(f'{self.ask}_number', locale, number=number)}")
        answers = (("yes", self.yes), ("no", self.no))
        at = int(now.timestamp())
        choices = tuple(
            Choice(
                label=phrase(label, locale),
                value=f"{self.name}:{value}:{at}",
                destroys=self.destroys and value == "yes",
            )
            for value, label in answers
        )
        return Text(text=f"{before}\n\n{phrase(self.ask, locale)}", choices=choices)

    def answer(
        self, event: Event, draft: TurnDraft, now: datetime, *, numbered: bool = False
    ) -> ConfirmationAnswer | None:
        """What a tap on its buttons, or words right after it, answer; `None` for everything else.

        Where it is `numbered`, nothing but its number is a yes.
        """
        match event.body:
            case Said() if numbered:
                return self._counted(words(event), draft, now)
            case _ if numbered:
                return None
            case Tapped(choice=choice):
                return self._tapped(choice, now)
            case Said() | Spoke() if (locale := self._asked_in(draft, now)) is not None:
                return self._worded(words(event), locale)
            case _:
                return None

    def _tapped(self, choice: str, now: datetime) -> ConfirmationAnswer | None:
        name, _, rest = choice.partition(":")
        value, _, at = rest.partition(":")
        if name != self.name or value not in ("yes", "no"):
            return None
        asked = int(at) if at.isascii() and at.isdigit() and len(at) < _DIGITS else 0
        return "late" if now.timestamp() - asked > VALID.total_seconds() else "yes" if value == "yes" else "no"

    def _asked_in(self, draft: TurnDraft, now: datetime) -> str | None:
        """The language the question was just asked in; who has joined another person speaks theirs, perhaps, when the turn is taken again."""
        last = _last(draft, now)
        return next((locale for locale in _languages(draft) if last.endswith(phrase(self.ask, locale))), None)

    def _worded(self, said: str, locale: str) -> ConfirmationAnswer | None:
        wanted = key(said)
        if wanted in (key(phrase(self.yes, locale)), *phrase(self.words, locale).split("|")):
            return "yes"
        return "no" if self._denied(said, locale) else None

    def _counted(self, said: str, draft: TurnDraft, now: datetime) -> ConfirmationAnswer | None:
        for locale in _languages(draft):
            before, _, after = phrase(f"{self.ask}_number", locale, number="\n").partition("\n")
            asked = re.search(rf"{re.escape(before)}(\d{{6}}){re.escape(after)}$", _last(draft, now))
            if asked is not None:
                return "yes" if said.strip(" .!") == asked[1] else "no" if self._denied(said, locale) else None
        return None

    def _denied(self, said: str, locale: str) -> bool:
        return key(said) in (key(phrase(self.no, locale)), *phrase("person.words.no", locale).split("|"))


def _languages(draft: TurnDraft) -> tuple[str, ...]:
    return tuple(dict.fromkeys((draft.conversation.learner.locale, *locales())))


def _last(draft: TurnDraft, now: datetime) -> str:
    """What Sona said last, unless it is too long ago."""
    said = (message for message in reversed(draft.conversation.history) if message.role == "sona")
    last = next(said, None)
    return last.text if last is not None and now - last.at <= VALID else ""


_DIGITS = 12


def place(channel: str, locale: str) -> str:
    """A channel as people call it."""
    try:
        return phrase(f"person.place.{channel}", locale)
    except KeyError:
        return channel.capitalize()


def places(channels: tuple[str, ...], locale: str) -> str:
    return ", ".join(place(channel, locale) for channel in channels)


def quoted(text: str, most: int) -> str:
    """Somebody else's words within ours: on one line, at most so many characters of it, and nothing of them formats."""
    words = " ".join(text.split())
    shown = words if len(words) <= most else words[: most - 1] + "…"
    return "".join(f"\\{character}" if character in "\\`*_[]<>#" else character for character in shown)
