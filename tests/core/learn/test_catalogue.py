import pytest

from core.learn.catalogue import Catalogue
from core.learn.course import Course
from core.learn.entry import entry_text, pieces


@pytest.fixture
def catalogue(course: Course) -> Catalogue:
    return Catalogue([course])


def words(catalogue: Catalogue, text: str) -> list[str]:
    found = catalogue.look_up(text)
    return [word.word for word in found.words] if found else []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("moku", "moku"), (" Moku! ", "moku"), ("ali", "ale"), ("eat", "moku"), ("to eat", "moku"), ("water", "telo"),
     ("comer", "moku"), ("ăn", "moku"), ("raccoon", "kijetesantakalu"), ("kijetesantakallu", "kijetesantakalu"),
     ("animl", "soweli"), ("bathing", ""), ("foo", "")],
)  # fmt: skip
def test_a_word_is_found_by_itself_its_meaning_or_something_like_it(
    catalogue: Catalogue, asked: str, expected: str
) -> None:
    assert words(catalogue, asked)[:1] == ([expected] if expected else [])


def test_a_guess_says_that_it_is_one(catalogue: Catalogue) -> None:
    guess, sure = catalogue.look_up("sowelli"), catalogue.look_up("soweli")
    assert guess is not None
    assert sure is not None
    assert (guess.close, sure.close) == (True, False)
    assert catalogue.look_up("  ") is None
    assert catalogue.look_up("moku", "klingon") is None


def test_an_entry_shows_senses_and_examples(course: Course) -> None:
    word = course.word("moku")
    assert word is not None
    text = entry_text(word, "vi")
    assert "ăn" in text
    assert "mi moku e kili" in entry_text(word, "en") or "mi moku." in text


@pytest.mark.parametrize(
    ("query", "unit"),
    [("how does pi work", "pi"), ("colours", "numbers"), ("yes or no questions", "questions"), ("names", "names"),
     ("when do I use la", "la"), ("imperative o request", "o")],
)  # fmt: skip
def test_grammar_is_found_by_its_topic(catalogue: Catalogue, query: str, unit: str) -> None:
    assert unit in [note.unit.code for note in catalogue.grammar(query, limit=3)]
    assert catalogue.grammar("zzz") == ()


def test_courses_and_units_are_named_in_many_ways(catalogue: Catalogue, course: Course) -> None:
    for name in ("toki-pona", "Toki Pona", "1", "toki pon"):
        assert catalogue.course(name) is course
    assert catalogue.course("klingon") is None
    for name in ("7", "pi", "unit 7", "regrouping", "Nhóm lại"):
        unit = catalogue.unit(course, name)
        assert unit is not None
        assert unit.code == "pi"
    assert catalogue.unit(course, "99") is None


def test_cards_lead_back_to_their_words(catalogue: Catalogue) -> None:
    found = catalogue.card("toki-pona/word/moku")
    assert found is not None
    assert found[1].word == "moku"
    assert [catalogue.card(key) for key in ("x/word/moku", "toki-pona/word/x", "toki-pona/video/moku", "")] == [
        None
    ] * 4


def test_the_course_can_be_searched_as_documents(catalogue: Catalogue) -> None:
    documents = catalogue.documents()
    assert len(documents) == 13
    assert all(document.uri.startswith("course:toki-pona/") for document in documents)
    assert all(passage.text and passage.section for document in documents for passage in document.passages)
    assert len({document.uri for document in documents}) == 13


def test_notes_come_in_pieces_that_fit_a_chat(course: Course) -> None:
    for unit in course.units:
        parts = pieces(unit.note)
        assert all(len(part) <= 700 for part in parts)
        assert all(section.heading in "".join(parts) for section in unit.note)
