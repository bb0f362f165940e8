from dataclasses import replace
from datetime import timedelta

import pytest

from core.conversation import Message
from core.event import Due, Joined, Said, Shared, Spoke, Stopped, Tapped
from core.learn.entry import pieces
from core.media import Media
from core.question import Question
from core.reply import Choice, Mark
from tests.core.features.study.pupil import Pupil, buttons, kinds, quiz, text


async def test_a_course_is_chosen_and_its_first_lesson_shown() -> None:
    pupil = Pupil()
    assert buttons(await pupil.says("/courses")) == ["/courses toki-pona"]
    chosen = await pupil.taps("/courses toki-pona")
    assert "Toki Pona" in text(chosen)
    assert "unit 1" in text(chosen)
    shown = await pupil.taps(buttons(chosen)[0])
    assert "Unit 1 of 12" in text(shown)
    assert "**moku**: eat, drink; food" in text(shown)
    assert buttons(shown) == ["/quiz", "/next", "/explain 1"]
    assert (pupil.conversation.course, pupil.conversation.unit) == ("toki-pona", "li")


async def test_explaining_goes_on_piece_by_piece_and_ends() -> None:
    pupil = Pupil()
    here = await pupil.says("/lesson 2")
    heard: list[str] = []
    while explain := [value for value in buttons(here) if value.startswith("/explain")]:
        here = await pupil.taps(explain[0])
        heard.append(text(here))
    assert len(heard) == len(set(heard)) >= 1
    assert "That is all" in text(await pupil.taps("/explain 9"))


async def test_next_walks_through_all_units_to_the_end() -> None:
    pupil = Pupil()
    await pupil.says("/lesson")
    for number in range(2, 13):
        assert f"Unit {number} of 12" in text(await pupil.says("next"))
    assert "last unit" in text(await pupil.says("/next"))
    assert "no unit “99”" in text(await pupil.says("/lesson 99"))


async def test_a_quiz_marks_and_asks_on_in_the_same_turn_until_the_summary() -> None:
    pupil = Pupil()
    begun = await pupil.says("/quiz 3")
    assert kinds(begun) == ["text", "quiz"]
    assert quiz(begun).progress == "1/8"
    step = await pupil.answers_rightly()
    assert kinds(step) == ["mark", "quiz"]
    assert "Right!" in text(step)
    done = await pupil.finishes()
    assert kinds(done) == ["mark", "text"]
    assert "8 of 8" in text(done)
    assert buttons(done)[0] == "/next"
    (progress,) = pupil.shelf.taken.values()
    assert (progress.course, progress.unit, progress.score) == ("toki-pona", "modifiers", 1.0)
    assert len(pupil.shelf.kept) >= 7


async def test_a_wrong_answer_is_explained_comes_back_and_is_named_in_the_summary() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    missed = pupil.question
    step = await pupil.answers_wrongly()
    mark = step[0]
    assert isinstance(mark, Mark)
    assert not mark.correct
    assert mark.quiz == missed.id
    assert "Not quite" in mark.text
    assert pupil.last is not None
    assert [review.rating for review in pupil.last.reviews] == [1]
    done = await pupil.finishes()
    assert "7 of 8" in text(done)
    assert "look at" in text(done)


async def test_a_bad_score_offers_another_try() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    done = await pupil.answers_wrongly()
    while pupil.conversation.quiz is not None:
        done = await pupil.answers_wrongly()
    assert "0 of 8" in text(done)
    assert buttons(done)[0] == "/quiz"


async def test_a_question_to_the_tutor_leaves_the_quiz_open() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    asked = pupil.question
    assert await pupil.does(Said(text="why does it have no li?")) is None
    assert await pupil.does(Shared(media=Media(ref="x"))) is None
    assert pupil.question == asked


async def test_an_old_button_gets_a_friendly_word_and_the_question_again() -> None:
    pupil = Pupil(seed=4)
    await pupil.says("/quiz 3")
    while not pupil.question.choices or pupil.question.form == "ordering":
        await pupil.answers_rightly()
    old = pupil.question
    await pupil.taps(old.answers[0])
    reviews = len(pupil.shelf.kept)
    wrong = next(choice.value for choice in old.choices if choice.value != old.answers[0])
    told = await pupil.taps(wrong)
    assert "behind us" in text(told)
    assert quiz(told).id == pupil.question.id
    assert len(pupil.shelf.kept) == reviews
    assert await pupil.does(Tapped(choice=old.answers[0])) == ()
    await pupil.finishes()
    assert "over" in text(await pupil.taps(wrong))


async def test_a_letter_that_is_not_there_is_asked_again() -> None:
    pupil = Pupil(seed=4)
    await pupil.says("/quiz 3")
    while pupil.question.form != "choice":
        await pupil.answers_rightly()
    assert "one of the 4" in text(await pupil.says("9"))


@pytest.mark.parametrize("body", [Said(text="/stop"), Said(text="Stop!"), Stopped(), Spoke(heard="quit")])
async def test_stopping_ends_the_quiz_with_what_was_answered(body: Said | Stopped | Spoke) -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    await pupil.answers_rightly()
    told = await pupil.does(body) or ()
    assert pupil.conversation.quiz is None
    assert "1 of 1" in text(told)
    assert pupil.shelf.taken == {}
    assert await pupil.does(Said(text="/stop")) is None


async def test_stop_is_an_answer_where_it_is_one_of_the_choices() -> None:
    pupil = Pupil()
    choices = tuple(Choice(label=label, value=label) for label in ("stop", "go", "eat"))
    asked = Question(id="x", form="choice", prompt="pini?", answers=("stop",), choices=choices)
    assert await pupil.does(Said(text="/lesson")) is not None
    assert pupil.last is not None
    pupil.conversation = pupil.quizzing.open(pupil.last, "t", "made", (asked,)).conversation
    assert "1 of 1" in text(await pupil.says("stop"))


async def test_several_answers_in_one_turn_are_all_taken_in_order() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    assert pupil.conversation.quiz is not None
    keys = [question.answers[0] for question in pupil.conversation.quiz.questions[:3]]
    replies = await pupil.does(*(Tapped(choice=key) if key.startswith("q:") else Said(text=key) for key in keys)) or ()
    assert kinds(replies) == ["mark", "quiz"] * 3
    assert pupil.last is not None
    assert len(pupil.last.reviews) == 3


async def test_review_brings_what_is_due_and_new_words_within_the_days_limit() -> None:
    pupil = Pupil()
    assert "Nothing is due" in text(await pupil.says("/review"))
    await pupil.says("/quiz 1")
    await pupil.finishes()
    learned = set(pupil.shelf.kept)
    pupil.clock.time += timedelta(days=3)
    begun = await pupil.says("review")
    assert pupil.conversation.quiz is not None
    asked = [question.card for question in pupil.conversation.quiz.questions]
    assert set(asked[: len(learned)]) == learned
    assert set(asked[len(learned) :]) == {f"toki-pona/word/{word}" for word in ("mi", "sina", "ona", "li", "pona", "ike",
        "jan", "toki", "suli", "lili", "moku")} - learned  # fmt: skip
    assert "Review" in text(begun)
    await pupil.finishes()
    assert all(card.due > pupil.clock.now() for card in pupil.shelf.kept.values())


async def test_a_review_is_never_longer_than_twenty() -> None:
    pupil = Pupil()
    for unit in range(1, 7):
        await pupil.says(f"/quiz {unit}")
        await pupil.finishes()
    pupil.clock.time += timedelta(days=30)
    await pupil.says("/review")
    assert pupil.conversation.quiz is not None
    assert len(pupil.conversation.quiz.questions) == 20


async def test_a_reminder_tells_how_many_words_wait_and_keeps_quiet_when_none_do() -> None:
    pupil = Pupil()
    assert await pupil.does(Due(what="review")) == ()
    await pupil.says("/quiz 1")
    await pupil.finishes()
    pupil.clock.time += timedelta(days=3)
    told = await pupil.does(Due(what="review")) or ()
    assert f"review: {len(pupil.shelf.kept)}" in text(told)
    assert buttons(told) == ["/review"]


async def test_progress_shows_units_words_and_the_weakest() -> None:
    pupil = Pupil()
    assert "/lesson" in text(await pupil.says("/progress"))
    await pupil.says("/quiz 1")
    await pupil.finishes()
    pupil.clock.time += timedelta(days=40)
    told = text(await pupil.says("how am I doing?"))
    assert "1 of 12 units" in told
    assert "●●●●● 100%" in told
    assert "of 136" in told
    assert "Weakest" in told


async def test_words_that_were_wrong_are_not_counted_as_known() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    for _ in range(4):
        await pupil.answers_wrongly()
    await pupil.says("stop")
    assert "You know about 0 of them now, 0% on average" in text(await pupil.says("/progress"))


async def test_the_end_of_a_quiz_does_not_move_away_with_each_miss() -> None:
    pupil = Pupil()
    await pupil.says("/quiz 1")
    shown = [quiz(await pupil.answers_wrongly()).progress for _ in range(9)]
    assert shown == [f"{place}/8" for place in range(2, 9)] + ["↻ 1/8", "↻ 2/8"]


async def test_nothing_is_to_be_heard_where_there_is_no_sound() -> None:
    for seed in range(12):
        pupil = Pupil(seed=seed, audible=False)
        await pupil.says("/quiz 1")
        assert pupil.conversation.quiz is not None
        assert all(question.form != "listening" for question in pupil.conversation.quiz.questions)
        assert len(pupil.conversation.quiz.questions) == 8
        await pupil.finishes()
        pupil.clock.time += timedelta(days=30)
        await pupil.says("/review")
        assert pupil.conversation.quiz is not None
        assert all(question.form != "listening" for question in pupil.conversation.quiz.questions)


async def test_words_are_looked_up_both_ways() -> None:
    pupil = Pupil(locale="vi")
    assert "ăn, uống" in text(await pupil.says("/word moku"))
    assert "moku" in text(await pupil.says("/word food"))
    assert "soweli" in text(await pupil.says("/word sowelli"))
    assert "xyzzy" in text(await pupil.says("/word xyzzy"))
    assert "/word moku" in text(await pupil.says("/word"))
    assert await pupil.lessons.look_up("qqqqq") == ""
    assert "pi" in await pupil.lessons.grammar("how does pi work")


async def test_a_deep_link_chooses_the_course_and_any_other_start_is_left_alone() -> None:
    pupil = Pupil()
    assert "Toki Pona" in text(await pupil.does(Joined(start="course-toki-pona")) or ())
    assert await Pupil().does(Joined(start="link-1234")) is None
    assert await Pupil().does(Joined()) is None


async def test_more_of_a_lesson_follows_the_piece_shown_last_whatever_else_was_said() -> None:
    pupil = Pupil()
    parts = pieces(pupil.catalogue.courses[0].units[1].note)
    assert len(parts) == 2
    await pupil.says("/lesson 2")
    repeated = Message(role="sona", text="\n\n".join(parts), at=pupil.clock.now())
    pupil.conversation = replace(pupil.conversation, history=(repeated,))
    assert text(await pupil.says("/explain")) == parts[1]
    await pupil.says("/lesson 3")
    await pupil.says("/lesson 2")
    assert text(await pupil.says("/explain")) == parts[1]
