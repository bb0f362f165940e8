"""A card for what somebody points at, and a text explained word by word."""

import pytest

from core.features.study.actions import CatalogueActions
from core.phrases import locales, phrase
from core.reply import Quiz, Text
from tests.core.features.study.pupil import Pupil
from tests.core.learn.bundled import toki_pona


def _texts(replies: tuple[object, ...]) -> str:
    return "\n".join(reply.text for reply in replies if isinstance(reply, Text))


async def test_the_words_of_a_message_become_cards_that_the_next_review_asks() -> None:
    pupil = Pupil()
    said = _texts(await pupil.says("/card mi moku e kili"))
    assert set(pupil.shelf.kept) == {f"toki-pona/word/{word}" for word in ("mi", "moku", "e", "kili")}
    assert "**moku**" in said
    assert all(card.due <= pupil.clock.now() and card.reps == 0 for card in pupil.shelf.kept.values())
    await pupil.says("/review")
    assert pupil.question.card in pupil.shelf.kept
    await pupil.answers_rightly()
    assert [card.reps for card in pupil.shelf.kept.values()].count(1) == 1


async def test_a_card_that_is_there_keeps_what_was_learned() -> None:
    pupil = Pupil()
    await pupil.says("/card moku")
    await pupil.says("/review")
    await pupil.answers_rightly()
    before = dict(pupil.shelf.kept)
    assert phrase("study.card.there", "en") in _texts(await pupil.says("/card moku"))
    assert pupil.shelf.kept == before


async def test_a_meaning_finds_its_word_and_chance_likenesses_make_no_card() -> None:
    pupil = Pupil()
    await pupil.says("/card water")
    assert set(pupil.shelf.kept) == {"toki-pona/word/telo"}
    await pupil.says("/card She put a pan on the fire and jan went home")
    assert set(pupil.shelf.kept) == {"toki-pona/word/telo"}


@pytest.mark.parametrize("locale", locales())
async def test_where_no_word_is_known_that_is_said(locale: str) -> None:
    pupil = Pupil(locale=locale)
    assert _texts(await pupil.says("/card xyzzy plugh")) == phrase("study.card.none", locale)
    assert _texts(await pupil.says("/card")) == phrase("study.card.which", locale)
    assert pupil.shelf.kept == {}


def test_a_text_is_glossed_word_by_word() -> None:
    pupil = Pupil()
    glossed = CatalogueActions(catalogue=pupil.catalogue, lessons=pupil.lessons).gloss(
        "jan li moku. jan li pona!", "en"
    )
    assert [line.split("**")[1] for line in glossed.splitlines()] == ["jan", "li", "moku", "pona"]


async def test_a_lesson_and_a_quiz_are_found_by_course_and_unit() -> None:
    pupil = Pupil()
    await pupil.says("/lesson toki-pona/3")
    assert pupil.conversation.unit == toki_pona().units[2].code
    await pupil.says(f"/quiz toki-pona/{toki_pona().units[1].code}")
    assert pupil.conversation.unit == toki_pona().units[1].code


async def test_only_a_question_answered_in_words_names_the_form_for_it() -> None:
    pupil = Pupil(audible=False)
    written: dict[bool, str] = {}
    await pupil.says("/quiz 1")
    while pupil.conversation.quiz is not None and len(written) < 2:
        assert pupil.last is not None
        (shown,) = [reply for reply in pupil.last.replies if isinstance(reply, Quiz)]
        written[shown.form == "choice"] = shown.write
        await pupil.answers_rightly()
    assert written == {True: "", False: phrase("study.button.write", "en")}
