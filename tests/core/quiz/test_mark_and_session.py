import pytest

from core.event import Said, Tapped
from core.question import OpenQuiz, Question, QuestionForm
from core.quiz.answer import read
from core.quiz.button_value import value
from core.quiz.mark import Given, judge
from core.quiz.session import begin, mark, show, summary, take
from core.reply import Choice


def asked(*answers: str, form: QuestionForm = "typed", language: str = "en") -> Question:
    return Question(id="x", form=form, prompt="?", answers=answers, language=language, why="because")


def grade(words: str, question: Question) -> str:
    return judge(question, Given(value=words, words=words)).grade


@pytest.mark.parametrize(
    ("words", "answer", "language", "expected"),
    [
        ("fruit", "fruit", "en", "right"),
        ("The Fruit!", "fruit", "en", "right"),
        ("eat", "to eat", "en", "right"),
        ("dont go", "don’t go", "en", "right"),
        ("friut", "fruit", "en", "close"),
        ("fruits", "fruit", "en", "close"),
        ("fruitss", "fruit", "en", "wrong"),
        ("see", "sea", "en", "wrong"),
        ("kama", "kala", "tok", "wrong"),
        ("mi moku e kili", "mi moku e kili.", "tok", "right"),
        ("mi moku kili", "mi moku e kili.", "tok", "wrong"),
        ("a pona", "pona", "tok", "wrong"),
        ("pimejo", "pimeja", "tok", "close"),
        ("mas", "más", "es", "right"),
        ("el perro", "perro", "es", "right"),
        ("an", "ăn", "vi", "close"),
        ("ấn", "ăn", "vi", "wrong"),
        ("con cá", "cá", "vi", "right"),
        ("nguời", "người", "vi", "wrong"),
        ("我不去北京", "我也去北京", "zh", "wrong"),
        ("你 好！", "你好", "zh", "right"),
        ("ｆｒｕｉｔ", "fruit", "en", "right"),
        ("16000", "15000", "en", "wrong"),
    ],
)
def test_written_answers_are_graded(words: str, answer: str, language: str, expected: str) -> None:
    assert grade(words, asked(answer, language=language)) == expected


@pytest.mark.parametrize("form", ["typed", "cloze", "listening"])
def test_any_accepted_answer_counts_and_the_best_is_shown(form: QuestionForm) -> None:
    question = asked("ale", "ali", form=form, language="tok")
    assert grade("ali", question) == "right"
    judged = judge(question, Given(value="x", words="x"))
    assert (judged.grade, judged.right, judged.why) == ("wrong", "ale", "because")


def two_questions() -> OpenQuiz:
    choices = tuple(Choice(label=label, value=label) for label in ("good", "bad", "big"))
    first = Question(id="a", form="choice", prompt="pona?", answers=("good",), choices=choices)
    return begin(identity="quiz-00000000001", title="t", purpose="unit", questions=(first, asked("fruit")))


def answered(quiz: OpenQuiz, words: str) -> OpenQuiz:
    given = read(Said(text=words), quiz)
    assert isinstance(given, Given)
    return take(quiz, given).quiz


def test_a_quiz_shows_where_it_stands() -> None:
    quiz = two_questions()
    first = show(quiz)
    assert first is not None
    assert (first.progress, first.id, [choice.label for choice in first.choices]) == (
        "1/2",
        quiz.shown,
        ["good", "bad", "big"],
    )
    second = show(answered(quiz, "good"))
    assert second is not None
    assert second.progress == "2/2"
    assert show(answered(answered(quiz, "good"), "fruit")) is None


def test_a_mark_names_what_was_chosen_and_what_was_right() -> None:
    quiz = two_questions()
    given = read(Said(text="b"), quiz)
    assert isinstance(given, Given)
    marked = mark(take(quiz, given), "no")
    assert (marked.quiz, marked.chosen, marked.right, marked.correct) == (
        quiz.shown,
        value(quiz.shown, 1),
        value(quiz.shown, 0),
        False,
    )


def test_a_wrong_item_comes_back_once_and_elsewhere() -> None:
    quiz = answered(answered(two_questions(), "bad"), "fruit")
    again = quiz.current
    assert again is not None
    assert [choice.label for choice in again.choices] == ["bad", "big", "good"]
    old_tap = read(Tapped(choice=value(quiz.questions[0].id, 0)), quiz)
    assert not isinstance(old_tap, Given)
    over = answered(quiz, "bad")
    assert over.current is None
    assert len(over.questions) == 3


def test_the_summary_counts_first_tries() -> None:
    quiz = answered(answered(answered(two_questions(), "bad"), "fruit"), "good")
    told = summary(quiz)
    assert (told.right, told.total, told.score) == (1, 2, 0.5)
    assert [(missed.given, missed.right) for missed in told.missed] == [("bad", "good")]
    assert summary(two_questions()).score == 0.0


def test_nothing_can_be_taken_after_the_end() -> None:
    quiz = answered(answered(two_questions(), "good"), "fruit")
    with pytest.raises(ValueError, match="over"):
        take(quiz, Given(value="x", words="x"))
