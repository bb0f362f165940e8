"""Quizzes where the platform itself shows whether an answer was right, and words that are changed afterwards."""

from dataclasses import replace

from core.channel import Capabilities
from core.event import Said, Tapped
from core.fit import fit
from core.reply import Mark, Quiz
from tests.core.features.study.pupil import Pupil, kinds, quiz, text


async def test_the_right_answer_goes_only_where_the_platform_tells_it_by_itself() -> None:
    pupil = Pupil()
    asked = quiz(await pupil.says("/quiz 3"))
    while not asked.right:
        asked = quiz(await pupil.answers_rightly())
    plain = Capabilities(text_limit=100, buttons=8, label_limit=20, choice_bytes=60)
    (sealed,) = fit(asked, plain)
    (told,) = fit(asked, replace(plain, polls=100))
    assert isinstance(sealed, Quiz)
    assert isinstance(told, Quiz)
    assert (sealed.right, sealed.why) == ("", "")
    assert told.right in {choice.value for choice in told.choices}
    assert [choice.label for choice in told.choices] == [choice.label for choice in asked.choices]
    (listed,) = fit(asked, replace(plain, polls=100, buttons=0))
    assert isinstance(listed, Quiz)
    assert listed.right == ""


async def test_a_vote_in_a_group_counts_once_and_later_ones_are_passed_over() -> None:
    pupil = Pupil()
    asked = quiz(await pupil.says("/quiz 3"))
    while not asked.right:
        asked = quiz(await pupil.answers_rightly())
    wrong = next(choice.value for choice in asked.choices if choice.value != asked.right)
    marked = await pupil.does(Tapped(choice=asked.right, judged=True), group=True)
    assert [reply.judged for reply in marked or () if isinstance(reply, Mark)] == [True]
    assert await pupil.does(Tapped(choice=wrong, judged=True), group=True) == ()
    assert "behind us" in text(await pupil.does(Tapped(choice=wrong, judged=True)) or ())
    await pupil.says("/stop")
    assert await pupil.does(Tapped(choice=wrong, judged=True), group=True) == ()


async def test_an_answer_that_is_changed_afterwards_is_no_answer_to_the_next_question() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 3")
    before = await pupil.does(Said(text="b")) or ()
    assert kinds(before) == ["mark", "quiz"]
    assert await pupil.does(Said(text="a", edited=True)) == ()
    assert quiz(before).progress == "2/8"
