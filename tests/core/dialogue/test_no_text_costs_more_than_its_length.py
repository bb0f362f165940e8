"""What anyone may send is read in a moment: each of these took from many seconds to hours where work grew faster than the text."""

from pathlib import Path

import pytest

from core.address import Address
from core.assistant import extract
from core.assistant.citations import without_marks
from core.assistant.offline import OfflineAssistant
from core.dialogue.draft import TurnDraft
from core.dialogue.text import links
from core.event import Event, Said, Sender
from core.features.voice.voicing import spoken
from core.learn.catalogue import Catalogue
from core.learn.load import load_all
from core.markup import plain
from core.phrases import phrase
from core.ports.knowledge import Hit
from core.question import OpenQuiz, Question
from core.quiz.answer import read
from core.reply import Choice, Text
from tests.fakes.collaborators import Lectern, Shelf, Signs, StillClock, conversation
from tests.fakes.dialogue import incoming

HERE = Address("web", "c1")
LONG = 100_000
pytestmark = pytest.mark.timeout(10)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(load_all(Path(__file__).parents[3] / "courses"))


def test_a_list_of_numbers_asks_for_nothing() -> None:
    said = Said(text="1 " * (LONG // 2))
    event = Event(id="web:1", address=HERE, sender=Sender(id="s"), at=StillClock().now(), body=said)
    assert incoming(event).intent is None


def test_a_long_list_of_meanings_is_no_word(catalogue: Catalogue) -> None:
    assert catalogue.look_up(",".join(f"x{number}" for number in range(LONG // 6))) is None


async def test_a_question_may_repeat_the_word_that_ends_it() -> None:
    asked = "how do you say a" + " in" * (LONG // 3) + "\nno"
    event = Event(id="web:1", address=HERE, sender=Sender(id="s"), at=StillClock().now(), body=Said(text=asked))
    mind = OfflineAssistant(retriever=Shelf(), lessons=Lectern())
    answered = await mind.answer(incoming(event), TurnDraft(conversation=conversation()), Signs())
    assert answered is not None
    assert any(phrase("offline.nothing", "en") in reply.text for reply in answered.replies if isinstance(reply, Text))


def test_a_question_of_very_many_words_is_held_against_the_passages_found() -> None:
    text = " ".join(f"word{number}" for number in range(300))
    hits = [Hit(text=text, title="T", section="S", link="", uri="u", score=1.0, passage=place) for place in range(8)]
    assert extract.quotes(" ".join(f"other{number}" for number in range(LONG // 10)), hits) == ()


def test_words_are_alike_by_their_first_letters_whatever_stands_beside_them() -> None:
    hit = Hit(text="Verbs are conjugated.", title="Grammar", section="", link="", uri="u", score=1.0, passage=1)
    assert [quote.text for quote in extract.quotes("verb conjugation", [hit])] == ["Verbs are conjugated."]


def test_gaps_between_words_may_be_wide() -> None:
    wide = "`a" + " " * LONG + "b` (https://sona.example)"
    assert without_marks(wide) == wide
    assert spoken(wide) == "a" + " " * LONG + "b"


def test_more_words_than_any_answer_has_are_no_answer() -> None:
    choices = tuple(Choice(label=f"to eat, food; {number}", value=str(number)) for number in range(4))
    question = Question(id="1", form="choice", prompt="?", answers=("1",), choices=choices)
    quiz = OpenQuiz(id="q", title="t", purpose="unit", questions=(question,))
    assert read(Said(text="the " * (LONG // 4)), quiz) is None


@pytest.mark.parametrize(
    "piece", ["(", "(a", "(a)", "((a)", ".", ".)", "https://(", "(https://a", "(https://(a)", "mailto:("]
)
def test_an_address_may_be_of_brackets_and_points_only(piece: str) -> None:
    text = "(https://a" + (piece * LONG)[:LONG]
    assert links(text)[0].startswith("https://a")
    assert len(spoken(text)) <= len(text)


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "*a ", "_a*", "`", "`` `", "> ", "- ", "|-", "~~a", "<!-- "])
def test_marks_that_are_never_closed_stay_what_they_are(piece: str) -> None:
    assert plain("words " + (piece * LONG)[: LONG // 5]).startswith("words")
