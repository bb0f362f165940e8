"""Progress report in Markdown."""

from collections.abc import Mapping
from datetime import datetime

from core.card import Card, UnitProgress
from core.learn.catalogue import Catalogue
from core.learn.course import Course, nearest
from core.learn.questions import card_key
from core.learn.schedule import strength, sure
from core.phrases import phrase

_BARS = 5
_WEAKEST = 5
_SHAKY = 0.9


def report(
    catalogue: Catalogue,
    cards: Mapping[str, Card],
    taken: Mapping[tuple[str, str], UnitProgress],
    now: datetime,
    locale: str,
) -> str:
    """The report on every course begun, and the number of due cards."""
    parts = courses_begun(catalogue, cards, taken, now, locale)
    if not parts:
        return phrase("study.progress.nothing", locale)
    due = sum(card.due <= now for card in cards.values())
    return "\n\n".join((*parts, phrase("study.progress.due", locale, count=due)))


def courses_begun(
    catalogue: Catalogue,
    cards: Mapping[str, Card],
    taken: Mapping[tuple[str, str], UnitProgress],
    now: datetime,
    locale: str,
) -> tuple[str, ...]:
    """A paragraph for each course begun: units with scores, words with strength, the weakest words."""
    return tuple(part for course in catalogue.courses if (part := _course(course, cards, taken, now, locale)))


def _course(
    course: Course, cards: Mapping[str, Card], taken: Mapping[tuple[str, str], UnitProgress], now: datetime, locale: str
) -> str:
    strengths = {
        word.word: strength(card, now) if sure(card) else 0.0
        for word in course.words
        if (card := cards.get(card_key(course, word.word)))
    }
    units = [
        f"{unit.number}. {unit.name(locale)} {_bar(done.score)} {done.score:.0%}"
        for unit in course.units
        if (done := taken.get((course.code, unit.code)))
    ]
    if not units and not strengths:
        return ""
    done = phrase("study.progress.units", locale, done=len(units), total=len(course.units))
    lines = [f"**{nearest(course.title, locale)}**: {done}", *units]
    if strengths:
        known = round(sum(strengths.values()))
        average = f"{sum(strengths.values()) / len(strengths):.0%}"
        values = {"met": len(strengths), "total": len(course.words), "known": known, "strength": average}
        lines.append(phrase("study.progress.words", locale, **values))
    weak = sorted((word for word in strengths if strengths[word] < _SHAKY), key=lambda word: strengths[word])
    if weak:
        named = ", ".join(f"{word} {strengths[word]:.0%}" for word in weak[:_WEAKEST])
        lines.append(phrase("study.progress.weak", locale, words=named))
    return "\n".join(lines)


def _bar(score: float) -> str:
    full = round(score * _BARS)
    return "●" * full + "○" * (_BARS - full)
