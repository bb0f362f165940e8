"""Answers to an open quiz, and the quizzes and reviews that open one."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Literal

from core.card import UnitProgress
from core.channel import LiveUpdates
from core.clock import Clock
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming, button
from core.event import Event, Said, Spoke, Tapped
from core.features.study import pending_cards, show_question
from core.learn import schedule
from core.learn.catalogue import Catalogue
from core.learn.course import Course, Unit
from core.learn.question_kinds import Wording
from core.learn.questions import WordToAsk, card_key, from_unit, from_words
from core.phrases import phrase
from core.ports.study import StudyRecord
from core.question import OpenQuiz, Question
from core.quiz import button_value, session
from core.quiz.answer import Stale, Unclear, read
from core.quiz.mark import Given, Judgement, judge, picks
from core.reply import Choice, Text

PASSED = 0.8


Audible = Callable[[str], bool]
"""Whether a channel, by its name, lets people hear anything."""


class QuizAnswerer:
    """Takes answers while a quiz is open, and starts quizzes over units, words that are due, or given questions."""

    def __init__(
        self, *, catalogue: Catalogue, study: StudyRecord, clock: Clock, rng: Random, audible: Audible = lambda _: True
    ) -> None:
        self._audible = audible
        self._catalogue = catalogue
        self._study = study
        self._clock = clock
        self._rng = rng

    async def answer(
        self,
        incoming: Incoming,
        draft: TurnDraft,
        live: LiveUpdates,  # noqa: ARG002 - answers immediately, no live updates
    ) -> TurnDraft | None:
        """The answer marked and the next question asked, or `None` when the event is no answer.

        An answer that is changed afterwards changes nothing: the verdict on it is known, and the question after it is another.
        A stop that has broken an answer off was for that answer; the quiz goes on.
        """
        quiz = draft.conversation.quiz
        event, intent = incoming.event, incoming.intent
        body = event.body
        if quiz is None:
            tapped = isinstance(body, Tapped) and button_value.parse(body.choice) is not None
            over = (
                draft if _late(event) else draft.with_replies(self._text(draft, "study.quiz.over", self._onward(draft)))
            )
            return over if tapped else None
        answered = read(body, quiz) if isinstance(body, Said | Spoke | Tapped) else None
        if intent is not None and not _fits(answered, quiz):
            stops = intent.name == "stop" and not draft.conversation.stopped
            return await self.stop(draft) if stops else None
        if isinstance(body, Said) and body.edited and answered is not None:
            return draft
        match answered:
            case Given() as given:
                return await self._take(event, draft, quiz, given)
            case Stale() as stale:
                return draft if _late(event) else self._stale(draft, quiz, stale)
            case Unclear():
                return self._unclear(draft, quiz)
            case None:
                return None

    async def start_quiz(self, draft: TurnDraft, course: Course, unit: Unit) -> TurnDraft:
        """Open a quiz over a unit and ask its first question; the unit becomes the conversation's."""
        cards = await pending_cards.cards(self._study, draft, tuple(card_key(course, word) for word in unit.words))
        locale = draft.conversation.learner.locale
        audible = self._audible(draft.conversation.address.channel)
        ask = self._ask(locale)
        questions = from_unit(course, unit, cards=cards, rng=self._rng, locale=locale, ask=ask, audible=audible)
        conversation = replace(draft.conversation, course=course.code, unit=unit.code)
        title = f"{unit.number}. {unit.name(locale)}"
        return self.open(
            draft.with_conversation(conversation), title, "unit", questions, unit=f"{course.code}/{unit.code}"
        )

    async def start_review(self, draft: TurnDraft) -> TurnDraft:
        """Ask what is due over all courses, and a few new words of units already begun; or say that nothing is due."""
        now = self._clock.now()
        learner = draft.conversation.learner
        known = await pending_cards.cards(self._study, draft)
        waiting = await pending_cards.due(self._study, draft, now, schedule.SESSION)
        today = schedule.introduced(known.values(), now, learner.zone)
        fresh = tuple(key for key in await self._begun(draft) if key not in known)
        cards, new = schedule.agenda(waiting, fresh, today)
        entries = [(card.key, card) for card in cards] + [(key, None) for key in new]
        words = [
            WordToAsk(course=found[0], word=found[1], card=card)
            for key, card in entries
            if (found := self._catalogue.card(key))
        ]
        if not words:
            choices = self._onward(draft)[:-1]
            return draft.with_replies(self._text(draft, "study.review.nothing", choices))
        audible = self._audible(draft.conversation.address.channel)
        ask = self._ask(learner.locale)
        questions = from_words(words, rng=self._rng, locale=learner.locale, ask=ask, audible=audible)
        return self.open(draft, phrase("study.review.title", learner.locale), "review", questions)

    def open(
        self,
        draft: TurnDraft,
        title: str,
        purpose: Literal["unit", "review", "made"],
        questions: tuple[Question, ...],
        *,
        unit: str = "",
    ) -> TurnDraft:
        """Open a quiz with these questions in place of any other, and ask the first. Needs one question or more."""
        quiz = session.begin(identity=self._clock.id(), title=title, purpose=purpose, questions=questions, unit=unit)
        opened = draft.with_conversation(replace(draft.conversation, quiz=quiz))
        told = self._text(opened, "study.quiz.begins", title=title, count=len(questions))
        return self._asking(opened.with_replies(told))

    async def stop(self, draft: TurnDraft) -> TurnDraft:
        """End the open quiz with a summary of what was answered."""
        quiz = draft.conversation.quiz
        return draft if quiz is None else self._finish(draft, quiz, stopped=True)

    async def _take(self, event: Event, draft: TurnDraft, quiz: OpenQuiz, given: Given) -> TurnDraft:
        taken = session.take(quiz, given)
        words = self._verdict(taken.judgement, draft.conversation.learner.locale)
        marked = draft.with_replies(session.mark(taken, words, judged=_judged(event)))
        moved = await self._review(event, marked, taken)
        after = moved.with_conversation(replace(moved.conversation, quiz=taken.quiz))
        return self._asking(after) if taken.quiz.current else self._finish(after, taken.quiz)

    async def _review(self, event: Event, draft: TurnDraft, taken: session.AnswerTaken) -> TurnDraft:
        key = taken.question.card
        if not key:
            return draft
        card = (await pending_cards.cards(self._study, draft, (key,))).get(key)
        spent = pending_cards.seconds(event, draft)
        rating = schedule.rate(
            taken.judgement.grade,
            recalled=not taken.question.choices,
            seconds=spent,
            reps=card.reps if card else 0,
        )
        moved, review = schedule.review(card, rating, self._clock.now(), key=key, seconds=spent)
        return pending_cards.reviewed(draft, moved, review)

    def _finish(self, draft: TurnDraft, quiz: OpenQuiz, *, stopped: bool = False) -> TurnDraft:
        locale = draft.conversation.learner.locale
        told = session.summary(quiz)
        over = draft.with_conversation(replace(draft.conversation, quiz=None))
        if not told.total:
            return over.with_replies(self._text(over, "study.quiz.stopped", self._onward(over)))
        if quiz.unit and not stopped:
            course, _, unit = quiz.unit.partition("/")
            done = UnitProgress(course=course, unit=unit, score=told.score, at=self._clock.now())
            over = replace(over, progress=(*over.progress, done))
        lines = [phrase(_praise(told.score), locale, right=told.right, total=told.total)]
        if told.missed:
            lines.append(phrase("study.quiz.improve", locale))
            lines += [f"- {' '.join(miss.question.prompt.split())} → **{miss.right}**" for miss in told.missed[:6]]
        choices = self._onward(over, passed=told.score >= PASSED)
        return over.with_replies(Text(text="\n".join(lines), choices=choices))

    def _stale(self, draft: TurnDraft, quiz: OpenQuiz, stale: Stale) -> TurnDraft:
        """A second tap on the same button says nothing; another choice of a past question gets a word."""
        past = zip(quiz.questions, quiz.verdicts, strict=False)
        for question, verdict in past:
            labels = [question.choices[place].label for place in stale.places if place < len(question.choices)]
            if question.id == stale.question and " ".join(labels) == verdict.given:
                return draft
        return self._asking(draft.with_replies(self._text(draft, "study.quiz.stale")))

    def _unclear(self, draft: TurnDraft, quiz: OpenQuiz) -> TurnDraft:
        ordering = quiz.current is not None and quiz.current.form == "ordering"
        count = len(quiz.current.choices) if quiz.current else 0
        key = "study.quiz.unclear_order" if ordering else "study.quiz.unclear"
        return draft.with_replies(self._text(draft, key, count=count))

    def _asking(self, draft: TurnDraft) -> TurnDraft:
        shown = show_question.question(draft.conversation.quiz, draft.conversation.learner.locale)
        return draft.with_replies(shown) if shown else draft

    async def _begun(self, draft: TurnDraft) -> tuple[str, ...]:
        """The cards of every word in the units that were taken, and in the one under way."""
        conversation = draft.conversation
        begun = {*await pending_cards.progress(self._study, draft), (conversation.course, conversation.unit)}
        return tuple(
            card_key(course, word)
            for course in self._catalogue.courses
            for unit in course.units
            if (course.code, unit.code) in begun
            for word in unit.words
        )

    def _onward(self, draft: TurnDraft, *, passed: bool = True) -> tuple[Choice, ...]:
        locale = draft.conversation.learner.locale
        first = ("next", "next") if passed else ("quiz", "again")
        named = (first, ("lesson", "lesson"), ("review", "review"))
        return tuple(button(phrase(f"study.button.{label}", locale), command) for command, label in named)

    @staticmethod
    def _verdict(judgement: Judgement, locale: str) -> str:
        head = phrase(f"study.mark.{judgement.grade}", locale, right=judgement.right)
        return f"{head}\n{judgement.why}" if judgement.why else head

    @staticmethod
    def _ask(locale: str) -> Wording:
        def ask(key: str, **values: object) -> str:
            return phrase(key, locale, **values)

        return ask

    @staticmethod
    def _text(draft: TurnDraft, key: str, choices: tuple[Choice, ...] = (), **values: object) -> Text:
        return Text(text=phrase(key, draft.conversation.learner.locale, **values), choices=choices)


def _judged(event: Event) -> bool:
    return isinstance(event.body, Tapped) and event.body.judged


def _late(event: Event) -> bool:
    """Somebody else in a group has answered before; the platform shows this one how it was, and nothing hangs on it."""
    return event.group and _judged(event)


def _fits(answered: object, quiz: OpenQuiz) -> bool:
    """Whether words that could be a wish ("stop") are rather one of the choices, or right."""
    question = quiz.current
    if not isinstance(answered, Given) or question is None:
        return False
    return picks(question) or judge(question, answered).correct


def _praise(score: float) -> str:
    if score == 1.0:
        return "study.quiz.perfect"
    return "study.quiz.good" if score >= PASSED else "study.quiz.score"
