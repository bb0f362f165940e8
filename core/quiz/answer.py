"""What a person's words, voice or tap say as an answer: the only place that knows they are the same."""

import re
from dataclasses import dataclass

from core.event import Said, Spoke, Tapped
from core.question import OpenQuiz, Question
from core.quiz import button_value
from core.quiz.fold import fold, loose, slipped
from core.quiz.mark import Given, compare, picks
from core.quiz.positions import point, points
from core.reply import Choice

_PASSING = (
    "i dont know;dont know;idk;dunno;no idea;skip;pass;i give up;give up;"
    "không biết;khong biet;tôi không biết;em không biết;bỏ qua;chịu;"
    "no sé;no se;no lo sé;no lo se;paso;saltar;ni idea;不知道;我不知道;跳过"
)
_PASSES = frozenset(_PASSING.split(";"))
_FEW = 3
_LONGEST = 2000
"""Characters; what is longer answers no question."""
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
_ASKING = re.compile(
    r"(what|whats|why|how|who|where|when|which|can|could|would|do|does|is|are|should|explain|tell|show|teach|help|hint|translate|give|"
    r"tại sao|vì sao|thế nào|làm sao|giải thích|cho tôi|gợi ý|dịch|"
    r"qué|que significa|por qué|cómo|quién|dónde|cuándo|cuál|explica|explícame|ayuda|pista|traduce|"
    r"什么|为什么|怎么|请问)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A button of a question that is not asked any more. `places` is what it named."""

    question: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """It was meant as an answer but names none of the choices."""

    words: str


def read(body: Said | Spoke | Tapped, quiz: OpenQuiz) -> Given | Stale | Unclear | None:
    """The answer that was given, or `None` when this is evidently no answer (a question to the tutor, a command).

    A tap on a choice, "2", "b", "B)", "②", the choice's words and a spoken "bee" all give the same `Given`.
    """
    question = quiz.current
    match body:
        case Tapped():
            return _tapped(body.choice, question)
        case Said():
            return _worded(body.text, question, spoken=False)
        case Spoke():
            return _worded(body.heard, question, spoken=True)


def expected(quiz: OpenQuiz) -> tuple[str, ...]:
    """What could be said now, for a recogniser that wants to know: answers in words, numbers and letters of choices, "skip", "stop"."""
    question = quiz.current
    if question is None:
        return ()
    places = range(len(question.choices)) if picks(question) else range(0)
    labels = [choice.label for choice in question.choices] if picks(question) else list(question.answers)
    parts = [part.strip() for label in labels for part in _parts(label)]
    numbers = [_NUMBERS[place] for place in places if place < len(_NUMBERS)]
    letters = [chr(ord("a") + place) for place in places]
    return tuple(dict.fromkeys((*parts, *numbers, *letters, "skip", "stop")))


def _tapped(value: str, question: Question | None) -> Given | Stale | Unclear | None:
    tapped = button_value.parse(value)
    if tapped is None:
        return None
    if question is None or tapped.question != question.id:
        return Stale(question=tapped.question, places=tapped.places)
    if question.form == "ordering":
        return _ordered(tapped.places, question)
    return _at(tapped.places[0], question) if len(tapped.places) == 1 else Unclear(words=value)


def _worded(text: str, question: Question | None, *, spoken: bool) -> Given | Unclear | None:
    words = " ".join(text.split()) if len(text) <= _LONGEST else ""
    if question is None or not words or words.startswith("/"):
        return None
    if picks(question):
        return _picking(words, question, spoken=spoken)
    if question.form == "ordering":
        order = points(words, len(question.choices))
        if order is not None:
            return _ordered(order, question)
        if not spoken and 0 < len(fold(words)) <= 2:
            return Unclear(words=words)
    return _writing(words, question)


def _picking(words: str, question: Question, *, spoken: bool) -> Given | Unclear | None:
    named = _by_label(words, question)
    if named is not None:
        return _given(named)
    if _passed(words):
        return Given(value="", words="", skipped=True)
    place = point(words, spoken=spoken)
    if place is not None:
        return _at(place, question)
    return Unclear(words=words) if _attempts(words) else None


def _writing(words: str, question: Question) -> Given | None:
    if compare(words, question) == "wrong":
        if _passed(words):
            return Given(value="", words="", skipped=True)
        if not fold(words) or _is_asking(words, question):
            return None
    return Given(value=words, words=words)


def _at(place: int, question: Question) -> Given | Unclear:
    if not 0 <= place < len(question.choices):
        return Unclear(words=str(place + 1))
    return _given(question.choices[place])


def _given(choice: Choice) -> Given:
    return Given(value=choice.value, words=choice.label)


def _ordered(places: tuple[int, ...], question: Question) -> Given | Unclear:
    if sorted(places) != list(range(len(question.choices))):
        return Unclear(words=" ".join(str(place + 1) for place in places))
    words = " ".join(question.choices[place].label for place in places)
    return Given(value=words, words=words)


def _by_label(words: str, question: Question) -> Choice | None:
    """The one choice whose label, or one of the meanings listed in it, was written."""
    given = fold(words)
    if not given:
        return None
    meant = {choice: [loose(part) for part in _parts(choice.label)] for choice in question.choices}
    exact = [choice for choice in question.choices if given == fold(choice.label)]
    part = [choice for choice in question.choices if loose(words) in meant[choice]]
    slips = [choice for choice in question.choices if any(slipped(loose(words), one) for one in meant[choice])]
    return next((found[0] for found in (exact, part, slips) if len(found) == 1), None)


def _parts(label: str) -> list[str]:
    return [part for part in (label, *re.split(r"[,;/()]", label)) if part.strip()]


def _attempts(words: str) -> bool:
    """Whether words that name no choice are meant as an answer all the same: few, and nothing asked."""
    given = fold(words)
    return 0 < len(given.split()) <= _FEW and not words.endswith(("?", "？")) and not _ASKING.match(given)


def _passed(words: str) -> bool:
    return fold(words) in _PASSES or words.strip() in ("?", "？")


def _is_asking(words: str, question: Question) -> bool:
    """Whether wrong words are rather a question to the tutor, or talk far longer than any answer."""
    asked = any(answer.rstrip().endswith(("?", "？")) for answer in question.answers)
    if words.endswith(("?", "？")) and not asked:
        return True
    given = fold(words)
    first = given.split()[0]
    alike = any(fold(answer).startswith(first) for answer in question.answers)
    if len(given.split()) >= 3 and _ASKING.match(given) and not alike:
        return True
    longest = max(len(fold(answer).split()) for answer in question.answers)
    return len(given.split()) > 3 * longest + 6
