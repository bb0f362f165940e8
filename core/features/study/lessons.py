"""Courses, lessons, progress and the dictionary, by command, button and a few plain words."""

from dataclasses import dataclass, replace

from core.channel import LiveUpdates
from core.clock import Clock
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming, Intent, button
from core.dialogue.slot import Slot
from core.features.study import make_cards, pending_cards
from core.features.study.progress_text import standing
from core.features.study.quizzes import QuizAnswerer
from core.learn.catalogue import Catalogue
from core.learn.course import Course, Unit, nearest
from core.learn.entry import entry_text, line_text, pieces, short_text
from core.phrases import phrase
from core.ports.study import StudyRecord
from core.reply import Choice, Text

_ECHOED = 80
"""Characters of a person's words that are said back."""
_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPosition:
    """How many pieces of a unit's note (`<course>/<unit>`) were shown, counted up to the one shown last."""

    unit: str = ""
    pieces: int = 0


LESSON = Slot("study", LessonPosition)


def looked_up(catalogue: Catalogue, word: str, course: str = "", *, locale: str) -> str:
    """At most three entries in full, or, where the word is only guessed at, a list of what may be meant."""
    found = catalogue.look_up(word, course)
    if found is None:
        return ""
    if not found.close:
        return "\n\n".join(entry_text(entry, locale) for entry in found.words[:3])
    guesses = "\n".join(short_text(entry, locale) for entry in found.words[:3])
    return f"{phrase('study.word.close', locale, word=word)}\n\n{guesses}"


class LessonAnswerer:
    """Leads through the courses; quizzes and reviews are opened through `quizzing`."""

    def __init__(self, *, catalogue: Catalogue, study: StudyRecord, clock: Clock, quizzing: QuizAnswerer) -> None:
        self._catalogue = catalogue
        self._study = study
        self._clock = clock
        self._quizzing = quizzing

    async def answer(
        self,
        incoming: Incoming,
        draft: TurnDraft,
        live: LiveUpdates,  # noqa: ARG002 - answers immediately, no live updates
    ) -> TurnDraft | None:
        """The thought with what was asked for, or `None` when nothing of a course was."""
        intent = incoming.intent
        if intent is None or (intent.source == "link" and self._catalogue.course(intent.arguments) is None):
            return None
        return await self._follow(intent, draft)

    async def start_unit(self, draft: TurnDraft, course: str, unit: str) -> TurnDraft:
        """Show a unit's lesson; empty codes mean where the person stands. An unknown course or unit is answered with the list."""
        chosen = self._course(draft, course)
        if chosen is None:
            return self._list(draft)
        found = self._catalogue.unit(chosen, unit) if unit else await self._unit(draft, chosen)
        return self._units(draft, chosen, unit) if found is None else self._lesson(draft, chosen, found)

    async def start_quiz(self, draft: TurnDraft, course: str = "", unit: str = "") -> TurnDraft:
        """Open a quiz over a unit; empty codes mean where the person stands."""
        chosen = self._course(draft, course)
        if chosen is None:
            return self._list(draft)
        found = self._catalogue.unit(chosen, unit) if unit else await self._unit(draft, chosen)
        if found is None:
            return self._units(draft, chosen, unit)
        return await self._quizzing.start_quiz(draft, chosen, found)

    async def start_review(self, draft: TurnDraft) -> TurnDraft:
        """Ask what is due, over all courses."""
        return await self._quizzing.start_review(draft)

    async def look_up(self, word: str, course: str = "", *, locale: str = "en") -> str:
        """The dictionary entries for a word or a meaning in Markdown, at most three in full; empty when there is none."""
        return looked_up(self._catalogue, word, course, locale=locale)

    async def grammar(self, query: str, course: str = "", *, locale: str = "en") -> str:  # noqa: ARG002 - notes are written in English so far
        """The two sections of the grammar notes that say most about the query, in Markdown; empty when there is none."""
        notes = self._catalogue.grammar(query, course)
        return "\n\n".join(f"**{note.section.heading}**\n\n{note.section.text}" for note in notes)

    async def progress(self, draft: TurnDraft) -> str:
        """Units with their scores, words with their strength, and what is due, in Markdown."""
        now = self._clock.now()
        known = await pending_cards.cards(self._study, draft)
        taken = await pending_cards.progress(self._study, draft)
        return standing(self._catalogue, known, taken, now, draft.conversation.learner.locale)

    async def _follow(self, intent: Intent, draft: TurnDraft) -> TurnDraft | None:
        match intent.name:
            case "courses":
                return await self._choose(draft, intent.arguments)
            case "lesson":
                return await self.start_unit(draft, *self._apart(intent.arguments))
            case "next":
                return await self._next(draft)
            case "explain":
                return await self._explain(draft, intent.arguments)
            case "quiz":
                return await self.start_quiz(draft, *self._apart(intent.arguments))
            case "review":
                return await self.start_review(draft)
            case "progress":
                return draft.with_replies(Text(text=await self.progress(draft), choices=self._after(draft)))
            case "word":
                return await self._word(draft, intent.arguments)
            case "card":
                return await make_cards.make(
                    intent.arguments, draft, catalogue=self._catalogue, study=self._study, clock=self._clock
                )
            case "due":
                return await self._remind(draft)
            case _:
                return None

    def _apart(self, rest: str) -> tuple[str, str]:
        """The course and the unit of `toki-pona/3`; what names a unit alone has no course."""
        course, slash, unit = rest.partition("/")
        return (course, unit) if slash and self._catalogue.course(course) else ("", rest)

    async def _choose(self, draft: TurnDraft, name: str) -> TurnDraft:
        course = self._catalogue.course(name) if name else None
        if course is None:
            return self._list(draft)
        locale = draft.conversation.learner.locale
        chosen = draft.with_conversation(replace(draft.conversation, course=course.code, unit=""))
        unit = await self._unit(chosen, course)
        about = f"**{nearest(course.title, locale)}**\n{nearest(course.about, locale)}"
        here = phrase("study.course.here", locale, number=unit.number, unit=unit.name(locale))
        chosen = chosen.with_conversation(replace(chosen.conversation, unit=unit.code))
        choices = self._buttons(locale, "lesson", "quiz", "progress")
        return chosen.with_replies(Text(text=f"{about}\n\n{here}", choices=choices))

    def _list(self, draft: TurnDraft) -> TurnDraft:
        locale = draft.conversation.learner.locale
        choices = tuple(
            button(nearest(course.title, locale), "courses", course.code) for course in self._catalogue.courses
        )
        key = "study.course.choose" if choices else "study.course.none"
        return draft.with_replies(Text(text=phrase(key, locale), choices=choices))

    def _units(self, draft: TurnDraft, course: Course, wanted: str) -> TurnDraft:
        locale = draft.conversation.learner.locale
        lines = [phrase("study.unit.unknown", locale, unit=wanted[:_ECHOED])]
        lines += [f"{unit.number}. {unit.name(locale)}" for unit in course.units]
        return draft.with_replies(Text(text="\n".join(lines)))

    def _lesson(self, draft: TurnDraft, course: Course, unit: Unit) -> TurnDraft:
        locale = draft.conversation.learner.locale
        here = draft.with_conversation(replace(draft.conversation, course=course.code, unit=unit.code, quiz=None))
        title = phrase(
            "study.lesson.title", locale, number=unit.number, total=len(course.units), unit=unit.name(locale)
        )
        words = "\n".join(line_text(word, locale) for word in course.entries(unit))
        listed = f"{phrase('study.lesson.words', locale)}\n{words}"
        choices = self._buttons(locale, "quiz", "next")
        note = pieces(unit.note)
        if len(note) > 1:
            choices += (button(phrase("study.button.explain", locale), "explain", "1"),)
        first = note[0].removeprefix(f"**{unit.name('en')}**").strip() if note else ""
        shown = _shown(here, course, unit, 0)
        return shown.with_replies(Text(text=f"**{title}**\n\n{first}".strip()), Text(text=listed, choices=choices))

    async def _next(self, draft: TurnDraft) -> TurnDraft:
        course = self._course(draft, "")
        if course is None:
            return self._list(draft)
        here = course.unit(draft.conversation.unit)
        if here is None:
            return self._lesson(draft, course, await self._unit(draft, course))
        after = next((unit for unit in course.units if unit.number > here.number), None)
        if after is None:
            locale = draft.conversation.learner.locale
            choices = self._buttons(locale, "review", "progress")
            return draft.with_replies(Text(text=phrase("study.lesson.last", locale), choices=choices))
        return self._lesson(draft, course, after)

    async def _explain(self, draft: TurnDraft, place: str) -> TurnDraft:
        """A piece of the unit's grammar note, counting from 0; without a number the one behind those heard last."""
        course = self._course(draft, "")
        if course is None:
            return self._list(draft)
        locale = draft.conversation.learner.locale
        unit = await self._unit(draft, course)
        parts = pieces(unit.note)
        at = int(place) if place.isdecimal() and len(place) < _DIGITS else _next_piece(course, unit, draft)
        if at >= len(parts):
            return draft.with_replies(Text(text=phrase("study.lesson.all", locale), choices=self._after(draft)))
        choices = self._buttons(locale, "quiz", "next")
        if at + 1 < len(parts):
            choices += (button(phrase("study.button.explain", locale), "explain", str(at + 1)),)
        return _shown(draft, course, unit, at).with_replies(Text(text=parts[at], choices=choices))

    async def _word(self, draft: TurnDraft, word: str) -> TurnDraft:
        locale = draft.conversation.learner.locale
        if not word:
            return draft.with_replies(Text(text=phrase("study.word.which", locale)))
        found = await self.look_up(word, locale=locale)
        return draft.with_replies(Text(text=found or phrase("study.word.unknown", locale, word=word[:_ECHOED])))

    async def _remind(self, draft: TurnDraft) -> TurnDraft:
        """Says how many words are due; nothing when none is any more."""
        locale = draft.conversation.learner.locale
        waiting = await pending_cards.due(self._study, draft, self._clock.now(), 100)
        if not waiting:
            return draft
        choices = self._buttons(locale, "review")
        return draft.with_replies(Text(text=phrase("study.review.due", locale, count=len(waiting)), choices=choices))

    def _course(self, draft: TurnDraft, name: str) -> Course | None:
        """The named course, else the conversation's, else the only one there is."""
        courses = self._catalogue.courses
        wanted = name or draft.conversation.course
        return self._catalogue.course(wanted) if wanted else courses[0] if len(courses) == 1 else None

    async def _unit(self, draft: TurnDraft, course: Course) -> Unit:
        """The conversation's unit, else the first that was not taken yet, else the last."""
        here = course.unit(draft.conversation.unit) if draft.conversation.course == course.code else None
        taken = await pending_cards.progress(self._study, draft)
        untaken = (unit for unit in course.units if (course.code, unit.code) not in taken)
        return here or next(untaken, course.units[-1])

    def _after(self, draft: TurnDraft) -> tuple[Choice, ...]:
        locale = draft.conversation.learner.locale
        return self._buttons(locale, "lesson", "quiz", "review")

    @staticmethod
    def _buttons(locale: str, *commands: str) -> tuple[Choice, ...]:
        return tuple(button(phrase(f"study.button.{name}", locale), name) for name in commands)


def _next_piece(course: Course, unit: Unit, draft: TurnDraft) -> int:
    """The piece of the unit's note after the one shown last; the lesson itself shows the first."""
    shown = LESSON.read(draft.conversation)
    return shown.pieces if shown.unit == f"{course.code}/{unit.code}" else 0


def _shown(draft: TurnDraft, course: Course, unit: Unit, piece: int) -> TurnDraft:
    shown = LessonPosition(unit=f"{course.code}/{unit.code}", pieces=piece + 1)
    return draft.with_conversation(LESSON.write(draft.conversation, shown))
