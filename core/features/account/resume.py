"""Going on where a person left off on another channel: course, unit, open quiz, and what was said last."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from core.channel import LiveUpdates
from core.conversation import Conversation, Message, QuizOrigin
from core.dialogue.confirmation import place, quoted
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming, Intent, button
from core.dialogue.suggestions import suggest
from core.features.study import show_question
from core.learn.catalogue import Catalogue
from core.learn.course import nearest
from core.markup import plain
from core.phrases import phrase
from core.ports.person import OtherConversations
from core.reply import Choice, Text

_EXCHANGES = 2
_CHARACTERS = 160


class ResumeAnswerer:
    """Answers `/continue`, and offers it to who opens the conversation anew while something is under way elsewhere."""

    def __init__(self, *, places: OtherConversations, catalogue: Catalogue) -> None:
        self._places = places
        self._catalogue = catalogue

    async def answer(
        self,
        incoming: Incoming,
        draft: TurnDraft,
        live: LiveUpdates,  # noqa: ARG002 - answers immediately, no live updates
    ) -> TurnDraft | None:
        locale = draft.conversation.learner.locale
        intent, group = incoming.intent, incoming.event.group
        match intent:
            case Intent(name="start", arguments=""):
                offered = None if group else await self.offer(draft)
                return draft.with_replies(offered) if offered else None
            case Intent(name="continue") if group:
                return draft.with_replies(Text(text=phrase("person.private", locale)))
            case Intent(name="continue"):
                return await self._resume(draft)
            case _:
                return None

    async def offer(self, draft: TurnDraft) -> Text | None:
        """Whether to go on with what is under way elsewhere; `None` when nothing is."""
        here = draft.conversation
        there = await self._places.elsewhere(here.learner, here.address)
        if there is None or not (there.course or there.quiz):
            return None
        locale = here.learner.locale
        values = {"what": self._what(there, locale), "place": place(there.address.channel, locale)}
        go_on = button(phrase("person.continue.button", locale), "continue")
        return Text(
            text=phrase("person.continue.offer", locale, **values), choices=(go_on, *suggest(locale, "lesson", "help"))
        )

    async def _resume(self, draft: TurnDraft) -> TurnDraft:
        here = draft.conversation
        locale = here.learner.locale
        there = await self._places.elsewhere(here.learner, here.address)
        lately = tuple(_lately(there.history)) if there else ()
        if there is None or not (there.course or there.quiz or lately):
            return draft.with_replies(Text(text=phrase("person.continue.nothing", locale)))
        values = {"what": self._what(there, locale), "place": place(there.address.channel, locale)}
        parts = [phrase("person.continue.here", locale, **values)]
        if lately:
            lines = "\n".join(f"- {_speaker(line, locale)}: {quoted(plain(line.text), _CHARACTERS)}" for line in lately)
            parts.append(f"{phrase('person.continue.lately', locale)}\n{lines}")
        after = await self._moved(draft, there)
        moved = after.conversation
        after = after.with_replies(Text(text="\n\n".join(parts), choices=() if moved.quiz else _onward(moved, locale)))
        shown = show_question.question(moved.quiz, locale)
        return after.with_replies(shown) if shown else after

    async def _moved(self, draft: TurnDraft, there: Conversation) -> TurnDraft:
        """The course and unit come along, and the open quiz, unless one is open here or somebody is at it there.

        It stays open there until this turn has ended well.
        """
        here = draft.conversation
        moved = replace(here, course=there.course, unit=there.unit) if there.course else here
        if there.quiz is None or here.quiz is not None or not await self._places.at_rest(there):
            return draft.with_conversation(moved)
        origin = QuizOrigin(address=there.address, version=there.version)
        return replace(draft.with_conversation(replace(moved, quiz=there.quiz)), origin=origin)

    def _what(self, there: Conversation, locale: str) -> str:
        if there.quiz is not None:
            return phrase("person.continue.quiz", locale, title=there.quiz.title)
        course = self._catalogue.course(there.course) if there.course else None
        if course is None:
            return phrase("person.continue.talk", locale)
        title = nearest(course.title, locale)
        unit = course.unit(there.unit)
        if unit is None:
            return phrase("person.continue.course", locale, course=title)
        values = {"number": unit.number, "course": title, "unit": unit.name(locale)}
        return phrase("person.continue.unit", locale, **values)


def _lately(history: tuple[Message, ...]) -> Iterator[Message]:
    """The last exchanges in words, each with the first line of its answer; commands tell nothing of what was said."""
    pairs = [
        (asked, answered)
        for asked, answered in pairwise(history)
        if asked.role == "person" and answered.role == "sona" and not asked.text.startswith("/")
    ]
    for pair in pairs[-_EXCHANGES:]:
        yield from pair


def _speaker(message: Message, locale: str) -> str:
    return "Sona" if message.role == "sona" else phrase("person.continue.you", locale)


def _onward(here: Conversation, locale: str) -> tuple[Choice, ...]:
    if not here.course:
        return ()
    return tuple(button(phrase(f"study.button.{name}", locale), name) for name in ("lesson", "quiz", "review"))
