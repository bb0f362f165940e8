"""Yes-or-no questions that come before something that cannot easily be undone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from core.conversation import Pending
from core.dialogue.draft import TurnDraft
from core.dialogue.text import words
from core.event import Event, Said, Sender, Spoke, Tapped
from core.learn.terms import key
from core.phrases import locales, phrase
from core.reply import Choice, Text

VALID = timedelta(minutes=10)

ConfirmationAnswer = Literal["yes", "no", "late"]
"""`late` is a button of a question that is no longer open."""

SpoofableSender = Callable[[str], bool]
"""Whether others can write in a person's name on the channel of this name; our messages still reach the right person."""


def proof(rng: Random) -> str:
    """Six digits to repeat: an impostor has one guess, or as many as fit into one burst of messages."""
    return f"{rng.randrange(10**6):06}"


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

    def ask_in(
        self,
        draft: TurnDraft,
        before: str,
        *,
        sender: Sender,
        question: str,
        now: datetime,
        subject: str = "",
        proof: str = "",
    ) -> TurnDraft:
        """Ask below the text `before`, in place of any open question, under the new id `question`. A `proof` replaces the buttons."""
        here = draft.conversation
        pending = Pending(
            id=question, kind=self.kind, subject=subject, asked_of=sender.id, proof=proof, expires=now + VALID
        )
        locale = here.learner.locale
        text = phrase(f"{self.ask}_number", locale, number=proof) if proof else phrase(self.ask, locale)
        choices = () if proof else self._buttons(question, locale)
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
