"""Questions that are answered with yes or no before something is done that cannot be taken back lightly."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.event import Event, Said, Spoke, Tapped
from core.learn.terms import key
from core.mind.thought import Thought
from core.mind.words import words
from core.phrases import say
from core.reply import Choice, Text

VALID = timedelta(minutes=10)

Answer = Literal["yes", "no", "late"]
"""`late` is a button of a question that was asked too long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`name` begins its buttons' values; the others are keys of phrases: the question itself, its buttons, and other words for yes.

    `destroys` says that yes cannot be taken back.
    """

    name: str
    ask: str
    yes: str = "person.yes"
    no: str = "person.no"
    words: str = "person.words.yes"
    destroys: bool = False

    def asked(self, before: str, locale: str, now: datetime) -> Text:
        """The question below what has to be known first."""
        answers = (("yes", self.yes), ("no", self.no))
        at = int(now.timestamp())
        choices = tuple(
            Choice(
                label=say(label, locale),
                value=f"{self.name}:{value}:{at}",
                destroys=self.destroys and value == "yes",
            )
            for value, label in answers
        )
        return Text(text=f"{before}\n\n{say(self.ask, locale)}", choices=choices)

    def answer(self, event: Event, thought: Thought, now: datetime) -> Answer | None:
        """What a tap on its buttons, or words right after it, answer; `None` for everything else."""
        match event.body:
            case Tapped(choice=choice):
                return self._tapped(choice, now)
            case Said() | Spoke() if self._open(thought, now):
                return self._worded(words(event), thought.conversation.learner.locale)
            case _:
                return None

    def _tapped(self, choice: str, now: datetime) -> Answer | None:
        name, _, rest = choice.partition(":")
        value, _, at = rest.partition(":")
        if name != self.name or value not in ("yes", "no"):
            return None
        asked = int(at) if at.isascii() and at.isdigit() and len(at) < _DIGITS else 0
        return "late" if now.timestamp() - asked > VALID.total_seconds() else "yes" if value == "yes" else "no"

    def _open(self, thought: Thought, now: datetime) -> bool:
        said = (message for message in reversed(thought.conversation.history) if message.role == "sona")
        last = next(said, None)
        question = say(self.ask, thought.conversation.learner.locale)
        return last is not None and last.text.endswith(question) and now - last.at <= VALID

    def _worded(self, said: str, locale: str) -> Answer | None:
        wanted = key(said)
        if wanted in (key(say(self.yes, locale)), *say(self.words, locale).split("|")):
            return "yes"
        if wanted in (key(say(self.no, locale)), *say("person.words.no", locale).split("|")):
            return "no"
        return None


_DIGITS = 12


def place(channel: str, locale: str) -> str:
    """A channel as people call it."""
    try:
        return say(f"person.place.{channel}", locale)
    except KeyError:
        return channel.capitalize()


def places(channels: tuple[str, ...], locale: str) -> str:
    return ", ".join(place(channel, locale) for channel in channels)
