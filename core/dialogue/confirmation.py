"""Yes-or-no questions that come before something that cannot easily be undone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from core.clock import Clock
from core.conversation import Pending
from core.dialogue.draft import TurnDraft
from core.dialogue.text import words
from core.event import Event, Said, Spoke, Tapped
from core.learn.terms import key
from core.phrases import locales, phrase
from core.reply import Choice, Text

VALID = timedelta(minutes=10)

ConfirmationAnswer = Literal["yes", "no", "late"]
"""`late` is a button of a question that is no longer open."""

SpoofableSender = Callable[[str], bool]
"""Whether others can write in a person's name on the channel of this name; our messages still reach the right person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A kind of yes-or-no question. All fields but `kind` and `destroys` are phrase keys.

    `kind` names the pending question and starts the values of its buttons; `ask` is the question, `yes` and `no` label
    its buttons, `words` lists other ways to say yes. `destroys` marks the yes button as irreversible. The phrase
    `<ask>_number` asks for the proof instead, where one is needed.
    """

    kind: str
    ask: str
    yes: str = "person.yes"
    no: str = "person.no"
    words: str = "person.words.yes"
    destroys: bool = False

    def ask_in(self, draft: TurnDraft, before: str, pending: Pending) -> TurnDraft:
        """Ask below the text `before`, in place of any open question. A question with a proof has no buttons."""
        here = draft.conversation
        locale = here.learner.locale
        if pending.proof:
            text, choices = phrase(f"{self.ask}_number", locale, number=pending.proof), ()
        else:
            text, choices = phrase(self.ask, locale), self._buttons(pending.id, locale)
        asked = draft.with_conversation(replace(here, pending=pending))
        return asked.with_replies(Text(text=f"{before}\n\n{text}", choices=choices))

    def answer(self, event: Event, draft: TurnDraft, now: datetime) -> tuple[ConfirmationAnswer, TurnDraft] | None:
        """The answer in an event, with the draft in which the question is closed; `None` if the event is no answer to it.

        A button answers until the question expires or another one is asked, words only directly after the question.
        """
        pending = self._open(event, draft, now)
        match event.body:
            case Tapped(choice=choice) if pending is None or not pending.proof:
                answer = self._tapped(choice, pending)
            case Said() | Spoke() if pending is not None and pending.open_to_words:
                answer = self._worded(event, pending)
            case _:
                answer = None
        if answer is None or answer == "late":
            return answer and (answer, draft)
        return answer, draft.with_conversation(replace(draft.conversation, pending=None))

    def _open(self, event: Event, draft: TurnDraft, now: datetime) -> Pending | None:
        pending = draft.conversation.pending
        if pending is None or pending.kind != self.kind or now >= pending.expires:
            return None
        return pending if pending.asked_of in ("", event.sender.id) else None

    def _buttons(self, question: str, locale: str) -> tuple[Choice, ...]:
        return (
            Choice(label=phrase(self.yes, locale), value=f"{self.kind}:yes:{question}", destroys=self.destroys),
            Choice(label=phrase(self.no, locale), value=f"{self.kind}:no:{question}"),
        )

    def _tapped(self, choice: str, pending: Pending | None) -> ConfirmationAnswer | None:
        kind, _, rest = choice.partition(":")
        value, _, question = rest.partition(":")
        if kind != self.kind or value not in ("yes", "no"):
            return None
        if pending is None or pending.id != question:
            return "late"
        return "yes" if value == "yes" else "no"

    def _worded(self, event: Event, pending: Pending) -> ConfirmationAnswer | None:
        said = words(event)
        if pending.proof:
            confirmed = isinstance(event.body, Said) and said.strip(" .!") == pending.proof
        else:
            confirmed = self._means(said, self.yes, self.words)
        if confirmed:
            return "yes"
        return "no" if self._means(said, self.no, "person.words.no") else None

    @staticmethod
    def _means(said: str, label: str, others: str) -> bool:
        """Whether the words are a button's label or one of the other ways to say it, in any language we speak."""
        wanted = key(said)
        return any(wanted in (key(phrase(label, locale)), *phrase(others, locale).split("|")) for locale in locales())


class Confirmations:
    """Asks confirmations, with a proof where senders can be spoofed, and reads their answers."""

    def __init__(self, *, clock: Clock, rng: Random, spoofable_sender: SpoofableSender = lambda _: False) -> None:
        self._clock = clock
        self._rng = rng
        self._spoofable_sender = spoofable_sender

    def ask(
        self, question: Confirmation, before: str, event: Event, draft: TurnDraft, *, subject: str = ""
    ) -> TurnDraft:
        """Ask the sender of an event, below the text `before`; `subject` comes back in the conversation's `pending`."""
        pending = Pending(
            id=self._clock.id(),
            kind=question.kind,
            subject=subject,
            asked_of=event.sender.id,
            proof=self._proof() if self._spoofable_sender(event.address.channel) else "",
            expires=self._clock.now() + VALID,
        )
        return question.ask_in(draft, before, pending)

    def answer(
        self, question: Confirmation, event: Event, draft: TurnDraft
    ) -> tuple[ConfirmationAnswer, TurnDraft] | None:
        return question.answer(event, draft, self._clock.now())

    def _proof(self) -> str:
        """Six digits to repeat: an impostor has one guess, or as many as fit into one burst of messages."""
        return f"{self._rng.randrange(10**6):06}"


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
