import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.event import Said, Spoke, Tapped
from core.question import OpenQuiz, Question, QuestionForm
from core.quiz.answer import Stale, Unclear, expected, read
from core.quiz.button_value import parse, value
from core.quiz.fold import fold, near
from core.quiz.mark import Given
from core.quiz.session import begin, take
from core.reply import Choice


def quiz(question: Question) -> OpenQuiz:
    return begin(identity="0123456789abcdef", title="t", purpose="unit", questions=(question,))


def choosing(*labels: str, right: int = 0) -> OpenQuiz:
    choices = tuple(Choice(label=label, value=label) for label in labels)
    return quiz(Question(id="x", form="choice", prompt="?", answers=(labels[right],), choices=choices))


def writing(*answers: str, form: QuestionForm = "typed", language: str = "en") -> OpenQuiz:
    return quiz(Question(id="x", form=form, prompt="?", answers=answers, language=language))


def ordering(*pieces: str, answer: str) -> OpenQuiz:
    choices = tuple(Choice(label=piece, value=str(place)) for place, piece in enumerate(pieces))
    return quiz(Question(id="x", form="ordering", prompt="?", answers=(answer,), choices=choices, language="tok"))


FRUITS = ("apple, fruit", "to see", "the house", "five")


@pytest.mark.parametrize(
    "words",
    ["2", "b", "B", "B)", "(b)", "b.", "②", "２", "Ｂ", "2️⃣", "🅱️", "two", "Two!", "the second one", "option b",
     "answer 2", "number two", "to see", "To see.", "TO  SEE", "see", "câu b", "đáp án b", "dos", "segundo", "hai",
     "二", "第二个", "选b", "b please"],
)  # fmt: skip
def test_typed_digits_letters_and_words_pick_the_second_choice(words: str) -> None:
    open_quiz = choosing(*FRUITS)
    tapped = read(Tapped(choice=value(open_quiz.shown, 1)), open_quiz)
    assert isinstance(tapped, Given)
    assert read(Said(text=words), open_quiz) == tapped


@pytest.mark.parametrize("heard", ["bee", "be", "B.", "two", "too", "Bê", "option bee", "to see"])
def test_what_a_recogniser_writes_for_a_letter_picks_the_choice(heard: str) -> None:
    found = read(Spoke(heard=heard), choosing(*FRUITS))
    assert isinstance(found, Given)
    assert found.words == "to see"


def test_typed_words_are_not_taken_for_the_sound_of_a_letter() -> None:
    assert read(Said(text="bee"), choosing("cat", "dog")) == Unclear(words="bee")


def test_a_label_is_meant_before_a_place() -> None:
    numbers = read(Said(text="3"), choosing("5", "3", "2"))
    particles = read(Said(text="a"), choosing("e", "li", "a"))
    assert isinstance(numbers, Given)
    assert isinstance(particles, Given)
    assert (numbers.words, particles.words) == ("3", "a")


def test_a_slip_in_a_long_label_still_picks_it() -> None:
    found = read(Said(text="anmial"), choosing("animal", "house"))
    assert isinstance(found, Given)
    assert found.words == "animal"


def test_a_meaning_that_two_choices_list_picks_neither() -> None:
    assert read(Said(text="good"), choosing("good, simple", "good, kind")) == Unclear(words="good")


@pytest.mark.parametrize("words", ["9", "z", "0"])
def test_a_place_that_is_not_there_is_unclear_or_no_answer(words: str) -> None:
    assert not isinstance(read(Said(text=words), choosing("one cat", "a dog")), Given)


def test_a_ninth_of_four_choices_is_unclear() -> None:
    assert isinstance(read(Said(text="9"), choosing(*FRUITS)), Unclear)


@pytest.mark.parametrize(
    "words",
    ["/review", "what does this mean?", "why is that?", "can you explain this to me", "tại sao lại thế?",
     "¿qué significa esto?", "我们什么时候吃饭？", "explain the word please", ""],
)  # fmt: skip
@pytest.mark.parametrize("open_quiz", [choosing(*FRUITS), writing("fruit"), ordering("mi", "moku", answer="mi moku")])
def test_questions_to_the_tutor_and_commands_are_no_answers(words: str, open_quiz: OpenQuiz) -> None:
    assert read(Said(text=words), open_quiz) is None


@pytest.mark.parametrize("words", ["foo", "the big house", "không phải", "thanks"])
def test_few_words_that_name_no_choice_are_an_answer_that_is_not_clear(words: str) -> None:
    assert read(Said(text=words), choosing(*FRUITS)) == Unclear(words=words)
    assert read(Spoke(heard=words), choosing(*FRUITS)) == Unclear(words=words)


@pytest.mark.parametrize(
    "words", ["moku?", "hint please", "what is moku", "gợi ý", "I would rather talk about my holidays"]
)
def test_words_that_ask_for_something_or_go_on_for_long_are_talk(words: str) -> None:
    assert read(Said(text=words), choosing(*FRUITS)) is None


def test_a_question_may_be_the_answer() -> None:
    found = read(Said(text="what are you doing"), writing("What are you doing?"))
    assert found == Given(value="what are you doing", words="what are you doing")
    assert isinstance(read(Said(text="sina seme?"), writing("sina pali e seme?", language="tok")), Given)


@pytest.mark.parametrize("words", ["I don't know", "skip", "không biết", "No sé", "?", "不知道"])
@pytest.mark.parametrize("open_quiz", [choosing(*FRUITS), writing("fruit"), ordering("mi", "moku", answer="mi moku")])
def test_passing_is_an_answer_that_is_wrong(words: str, open_quiz: OpenQuiz) -> None:
    found = read(Said(text=words), open_quiz)
    assert isinstance(found, Given)
    assert found.skipped
    assert not take(open_quiz, found).judgement.correct


def test_not_knowing_is_right_where_it_is_the_translation() -> None:
    open_quiz = writing("I don't know")
    found = read(Said(text="i dont know"), open_quiz)
    assert isinstance(found, Given)
    assert take(open_quiz, found).judgement.grade == "right"


@pytest.mark.parametrize("words", ["b c a", "BCA", "b, c, a", "2 3 1", "231", "2,3,1", "mi moku e", "Mi moku e!"])
def test_an_order_is_named_by_letters_digits_or_the_sentence(words: str) -> None:
    open_quiz = ordering("e", "mi", "moku", answer="mi moku e")
    found = read(Said(text=words), open_quiz)
    assert isinstance(found, Given)
    assert take(open_quiz, found).judgement.grade == "right"


def test_an_order_can_be_tapped_together() -> None:
    open_quiz = ordering("e", "mi", "moku", answer="mi moku e")
    found = read(Tapped(choice=value(open_quiz.shown, 1, 2, 0)), open_quiz)
    assert found == Given(value="mi moku e", words="mi moku e")
    assert isinstance(read(Tapped(choice=value(open_quiz.shown, 1)), open_quiz), Unclear)


def test_a_tap_on_an_older_question_is_stale() -> None:
    open_quiz = choosing(*FRUITS)
    assert read(Tapped(choice="q:older.1:2"), open_quiz) == Stale(question="older.1", places=(2,))
    assert read(Tapped(choice="lesson:next"), open_quiz) is None


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=80), st.sampled_from(["said", "spoke", "tapped"]))
def test_nothing_a_person_sends_breaks_the_reading(text: str, way: str) -> None:
    bodies = {"said": Said(text=text), "spoke": Spoke(heard=text), "tapped": Tapped(choice=text)}
    for open_quiz in (choosing(*FRUITS), writing("fruit"), ordering("e", "mi", answer="mi e")):
        read(bodies[way], open_quiz)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=8, unique=True), st.data())
def test_every_tap_means_the_choice_it_sits_on(labels: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(labels) - 1))
    open_quiz = choosing(*labels, right=place)
    question = open_quiz.questions[0]
    assert len(question.choices[place].value.encode()) <= 40
    found = read(Tapped(choice=question.choices[place].value), open_quiz)
    assert isinstance(found, Given)
    assert found.words == labels[place]
    assert take(open_quiz, found).judgement.correct


@given(st.text(alphabet="abcdefgh", min_size=5, max_size=9), st.integers(0, 8), st.sampled_from("xyz"))
def test_a_changed_letter_is_near_and_two_are_not(word: str, at: int, letter: str) -> None:
    at %= len(word)
    assert near(word[:at] + letter + word[at + 1 :], word)
    assert near(word[:at] + word[at + 1 :], word)
    assert near(word, word[:at] + letter + word[at:])
    assert not near("z" + word + "z", word)
    assert not near(word, word)


@given(st.from_regex(r"[0-9a-f]{1,10}\.[0-9]{1,2}r?", fullmatch=True), st.lists(st.integers(0, 99), min_size=1))
def test_stamps_are_read_as_they_were_made(question: str, places: list[int]) -> None:
    found = parse(value(question, *places))
    assert found is not None
    assert (found.question, list(found.places)) == (question, places)


@pytest.mark.parametrize("open_quiz", [choosing(*FRUITS), writing("fruit"), ordering("e", "mi", answer="mi e")])
def test_whatever_is_expected_to_be_said_is_understood(open_quiz: OpenQuiz) -> None:
    said = expected(open_quiz)
    assert {"skip", "stop"} < set(said)
    for words in set(said) - {"stop"}:
        assert isinstance(read(Spoke(heard=words), open_quiz), Given), words


def test_numbers_letters_and_parts_of_labels_are_expected() -> None:
    assert set(expected(choosing(*FRUITS))) >= {"apple", "fruit", "to see", "two", "b", "four", "d"}
