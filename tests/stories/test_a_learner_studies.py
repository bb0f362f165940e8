"""A learner greets, takes a lesson, a quiz and a review, on every channel."""

import pytest

from core.question import Question
from core.reply import Mark, Quiz, Text
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

EVERYWHERE = pytest.mark.parametrize("channel", ["web", "terminal", "telegram", "discord", "slack"])


async def asked(talk: Talk) -> Question | None:
    """What the open quiz asks now, with its key."""
    quiz = (await talk.state()).quiz
    return quiz.current if quiz else None


async def answers(talk: Talk, question: Question) -> None:
    if question.choices and question.form != "ordering":
        await talk.taps(next(choice.label for choice in question.choices if choice.value == question.answers[0]))
    else:
        await talk.says(question.answers[0])


async def takes_the_quiz(talk: Talk, *, misses: int = -1) -> list[str]:
    """Answer to the end, all but one rightly; the forms that were asked."""
    forms: list[str] = []
    while (question := await asked(talk)) is not None:
        shown = await talk.hears(Quiz)
        assert shown.id == question.id
        if shown.audio:
            assert (await talk.sound()).startswith(b"OggS")
        wrong = len(forms) == misses
        forms.append(question.form)
        await (talk.says("I don't know") if wrong else answers(talk, question))
        assert (await talk.hears(Mark)).correct is not wrong
    return forms


@EVERYWHERE
async def test_from_hello_to_the_review_of_the_next_day(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.says("/start")
    await talk.hears(Text, "Sona", "without a language model")
    await talk.taps("Start a lesson")
    await talk.hears(Text, "Unit 1 of 12")
    await talk.hears(Text, "**moku**: eat, drink; food")
    await talk.taps("Quiz me")
    await talk.hears(Text, "questions: 8")
    forms = await takes_the_quiz(talk, misses=2)
    assert len(forms) == 9
    await talk.hears(Text, "Well done: 7 of 8 right", "Have another look at")
    await talk.taps("Next unit")
    await talk.hears(Text, "Unit 2 of 12")
    await talk.hears(Text)

    await talk.house.passes(days=1)
    await talk.says("review")
    await talk.hears(Text, "Review")
    again = await takes_the_quiz(talk)
    assert ("listening" in forms + again) is (channel != "terminal")
    await talk.hears(Text, "🎉")
    await talk.says("/progress")
    await talk.hears(Text, "1 of 12 units", "88%", "Due for review: 0")
    talk.hears_nothing_more()


async def test_every_form_of_question_is_asked_and_can_be_answered(town: Town) -> None:
    talk = await town.meets("telegram")
    forms: set[str] = set()
    for unit in range(1, 6):
        await talk.says(f"/quiz {unit}")
        await talk.hears(Text)
        forms |= {*await takes_the_quiz(talk)}
        await talk.hears(Text, "8 of 8")
    assert forms == {"choice", "typed", "listening", "ordering", "cloze"}


@EVERYWHERE
async def test_digits_letters_words_and_nonsense_are_answers_to_a_choice(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.says("/quiz 3")
    await talk.hears(Text)
    ways = ["digit", "letter", "words"]
    while ways and (question := await asked(talk)) is not None:
        await talk.hears(Quiz)
        if question.form != "choice":
            await answers(talk, question)
            await talk.hears(Mark)
            continue
        await talk.says("foo")
        await talk.hears(Text, "cannot tell which one")
        place = [choice.value for choice in question.choices].index(question.answers[0])
        said = {"digit": str(place + 1), "letter": "abcd"[place], "words": question.choices[place].label}
        await talk.says(said[ways.pop()])
        assert (await talk.hears(Mark)).correct
    assert not ways
    await talk.says("stop")
    talk.forgets()
    await talk.says("1")
    await talk.hears(Text)


async def test_explaining_goes_on_behind_what_the_lesson_said(town: Town) -> None:
    talk = await town.meets("web")
    talk.forgets()
    await talk.says("/lesson 9")
    heard = [(await talk.hears(Text)).text, (await talk.hears(Text)).text]
    for _ in range(5):
        await talk.says("explain more")
        more = (await talk.hears(Text)).text
        if more.startswith("That is all"):
            break
        assert not any(more.partition("\n\n")[2] in one for one in heard)
        heard.append(more)
    else:
        raise AssertionError("it never ended")


@pytest.mark.parametrize(("locale", "name", "unit"), [("vi", "Tiếng Việt", "Bài 1/12"), ("es", "Español", "Unidad 1")])
async def test_the_language_is_switched_by_button_and_everything_follows(
    town: Town, locale: str, name: str, unit: str
) -> None:
    talk = await town.meets("web")
    await talk.hears(Text, "Hello!")
    await talk.taps(name)
    await talk.hears(Text)
    await talk.says("/lesson 1")
    await talk.hears(Text, unit)
    await talk.hears(Text)
    await talk.says("/language en")
    await talk.hears(Text, "English")
