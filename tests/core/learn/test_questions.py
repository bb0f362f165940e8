from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.card import Card
from core.learn.course import Course
from core.learn.question_kinds import KINDS, QuestionInput
from core.learn.questions import WordToAsk, card_key, from_unit, from_words
from core.question import Question
from core.quiz.mark import Given, judge
from core.quiz.session import begin
from tests.core.learn.bundled import toki_pona


def ask(key: str, **values: object) -> str:
    return f"{key} {values}"


def card(key: str, reps: int) -> Card:
    return Card(key=key, due=datetime(2026, 1, 1, tzinfo=UTC), state="{}", reps=reps)


def check(course: Course, question: Question) -> None:
    opened = begin(identity="x" * 27, title="t", purpose="unit", questions=(question,)).questions[0]
    assert judge(opened, Given(value=opened.answers[0], words=opened.answers[0])).grade == "right"
    labels = [choice.label for choice in opened.choices]
    if question.form == "ordering":
        assert sorted(labels) == sorted(question.answers[0].split())
        assert labels != question.answers[0].split()
        return
    assert len({label.casefold() for label in labels}) == len(labels)
    right = [one for one in opened.choices if judge(opened, Given(value=one.value, words=one.label)).correct]
    assert len(right) == (1 if labels else 0)
    assert all(len(choice.value.encode()) <= 40 for choice in opened.choices)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(),
    place=st.integers(0, 11),
    reps=st.integers(0, 4),
    locale=st.sampled_from(["en", "vi", "es", "de"]),
)
def test_every_quiz_has_eight_answerable_questions(seed: int, place: int, reps: int, locale: str) -> None:
    course = toki_pona()
    unit = course.units[place]
    cards = {key: card(key, reps) for key in (card_key(course, word) for word in unit.words)}
    questions = from_unit(course, unit, cards=cards, rng=Random(seed), locale=locale, ask=ask)
    assert len(questions) == 8
    assert len({question.form for question in questions}) >= 3
    assert all(question.card.removeprefix("toki-pona/word/") in unit.words for question in questions)
    assert len({question.card for question in questions}) >= 7
    for question in questions:
        check(course, question)


@pytest.mark.parametrize("locale", ["en", "vi", "es"])
def test_every_word_can_be_asked_in_choices_without_another_right_one(course: Course, locale: str) -> None:
    for word in course.words:
        for kind in KINDS["new"]:
            question = kind(QuestionInput(course=course, word=word, locale=locale, rng=Random(1), ask=ask))
            if question is None:
                assert (kind.__name__, len(word.word)) == ("hearing", 1)
                continue
            check(course, question)
            names = {choice.label for choice in question.choices} - set(question.answers)
            others = [one for one in course.words if one.word in names or one.meaning(locale) in names]
            assert len(others) >= 3
            assert not any(other.alike(word) for other in others)


def test_a_word_known_well_is_asked_from_memory(course: Course) -> None:
    word = course.word("moku")
    assert word is not None
    forms = {
        from_words(
            [WordToAsk(course=course, word=word, card=card("toki-pona/word/moku", reps))],
            rng=Random(seed),
            locale="en",
            ask=ask,
        )[0].form
        for reps in (3, 9)
        for seed in range(40)
    }
    assert "choice" not in forms
    assert forms == {"typed", "listening", "cloze", "ordering"}


def test_synonyms_and_other_spellings_are_accepted_from_memory(course: Course) -> None:
    word = course.word("ale")
    assert word is not None
    recall = KINDS["known"][0](QuestionInput(course=course, word=word, locale="en", rng=Random(0), ask=ask))
    assert recall is not None
    assert recall.answers[:2] == ("ale", "ali")


def test_the_same_chance_makes_the_same_quiz(course: Course) -> None:
    one, same, other = (
        from_unit(course, course.units[0], cards={}, rng=Random(seed), locale="en", ask=ask) for seed in (5, 5, 6)
    )
    assert one == same
    assert one != other


def test_words_that_were_never_asked_come_first(course: Course) -> None:
    unit = course.units[0]
    known = unit.words[:3]
    cards = {key: card(key, 5) for key in (card_key(course, word) for word in known)}
    made = from_unit(course, unit.model_copy(update={"items": ()}), cards=cards, rng=Random(3), locale="en", ask=ask)
    assert {question.card.split("/")[-1] for question in made} == set(unit.words) - set(known)
