import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from core.learn.course import Course, HandwrittenItem, Unit
from core.learn.load import load
from core.learn.questions import from_item
from core.quiz.mark import Given, compare, judge
from tests.courses.toki_pona_grammar import faults

FOLDER = Path(__file__).parents[2] / "courses" / "toki-pona"


@cache
def course() -> Course:
    return load(FOLDER)


@cache
def spellings() -> frozenset[str]:
    return frozenset(name for word in course().words for name in (word.word, *word.also))


@pytest.mark.parametrize(
    "wrong",
    [
        "mi li moku.", "sina li pona.", "soweli e kili.", "jan li e kili.", "mi e kili.", "tomo pi mama li suli.",
        "li pona.", "jan li moku e.", "jan li li moku.", "mi moku en toki.", "mi lukin e blorp.", "Mali li pona.",
        "jan Mark li pona.", "jan Woti li pona.", "la mi moku.", "mi wile e telo anu.",
    ],
)  # fmt: skip
def test_the_checker_finds_what_is_wrong(wrong: str) -> None:
    assert faults(wrong, spellings())


@pytest.mark.parametrize(
    "right",
    ["toki!", "mi moku.", "jan Mali o, toki!", "mi mute li wan.", "tomo pi jan pona li suli.", "n, ken.",
     "mi wile lape. taso mi pali.", "ken la ona li kama.", "mi en sina li pona.", "sina wile ala wile e telo anu kili?"],
)  # fmt: skip
def test_the_checker_leaves_what_is_right(right: str) -> None:
    assert faults(right, spellings()) == []


def test_it_has_the_words_of_pu_and_later_ones() -> None:
    words = course().words
    assert sum(word.origin == "pu" for word in words) == 120
    later = {word.word for word in words if word.origin == "later"}
    assert {"kin", "namako", "oko", "kijetesantakalu", "tonsi", "lanpan", "soko", "epiku", "meso", "jasima",
            "misikeke", "n"} <= later  # fmt: skip


def test_it_has_twelve_units_in_order_with_ten_words_or_more_and_a_note() -> None:
    units = course().units
    assert [unit.number for unit in units] == list(range(1, 13))
    assert all(len(unit.words) >= 10 and len(unit.note) >= 3 for unit in units)


def test_every_unit_has_items_of_all_forms() -> None:
    for unit in course().units:
        assert {item.form for item in unit.items} == {"choice", "typed", "listening", "ordering", "cloze"}


def test_meanings_are_given_in_three_languages() -> None:
    for named in (*(word.gloss for word in course().words), *(unit.title for unit in course().units)):
        assert set(named) == {"en", "vi", "es"}


def test_no_two_words_have_the_same_short_meaning() -> None:
    for locale in ("en", "vi", "es"):
        glosses = [word.gloss[locale] for word in course().words]
        assert sorted(glosses) == sorted(set(glosses))


def test_every_example_is_correct_and_shows_its_word() -> None:
    for word in course().words:
        assert len(word.examples) >= 2
        for example in word.examples:
            assert faults(example.text, spellings()) == []
            assert any(re.search(rf"\b{name}\b", example.text) for name in (word.word, *word.also)), example


def test_what_the_notes_show_is_correct() -> None:
    shown = 0
    for unit in course().units:
        for section in unit.note:
            text = re.sub(r"never \*[^*]+\*|\*\*[^*]+\*\*|\[[^]]*\]", "", section.text)
            for phrase in re.findall(r"\*([^*\n]+)\*", text):
                if phrase.split()[0].strip(".,!?") in spellings():
                    shown += 1
                    assert faults(phrase.removesuffix(" la"), spellings()) == [], unit.code
    assert shown > 100


def _is_course_language(text: str) -> bool:
    words = re.findall(r"[a-z]+", text)
    return bool(words) and all(word in spellings() for word in words)


def _sentences(item: HandwrittenItem) -> Iterator[str]:
    if item.say:
        yield item.say
    match item.form:
        case "cloze":
            for answer in item.answer:
                yield item.prompt.split(":", 1)[1].split("(")[0].replace("___", answer)
        case "typed" | "ordering":
            yield from item.answer
        case _:
            yield from (answer for answer in item.answer if _is_course_language(answer))


def _met(unit: Unit) -> frozenset[str]:
    return frozenset(
        name
        for earlier in course().units[: unit.number]
        for word in course().entries(earlier)
        for name in (word.word, *word.also)
    )


@pytest.mark.parametrize("number", range(1, 13))
def test_items_are_correct_and_use_only_words_met_so_far(number: int) -> None:
    unit = course().units[number - 1]
    for item in unit.items:
        assert item.word in unit.words
        for sentence in _sentences(item):
            assert faults(sentence, _met(unit)) == []


@pytest.mark.parametrize("number", range(1, 13))
def test_every_key_opens_its_item_and_no_wrong_choice_does(number: int) -> None:
    for item in course().units[number - 1].items:
        question = from_item(course(), item, Random(number))
        for answer in item.answer:
            assert judge(question, Given(value=answer, words=answer)).grade == "right"
        for wrong in item.wrong:
            assert judge(question, Given(value=wrong, words=wrong)).grade == "wrong"
            assert compare(wrong, question) == "wrong"
        if item.form == "ordering":
            pieces = sorted(choice.label for choice in question.choices)
            assert all(sorted(answer.split()) == pieces for answer in item.answer)
