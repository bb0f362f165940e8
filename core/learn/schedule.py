"""When a card is asked again: FSRS with its default parameters, without chance."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import fsrs

from core.card import Card, Review

FsrsRating = Literal[1, 2, 3, 4]
DAILY_NEW = 10
SESSION = 20
SLOW = timedelta(seconds=45)
AWAY = timedelta(minutes=10)
QUICK = timedelta(seconds=8)


def rate(grade: Literal["right", "close", "wrong"], *, recalled: bool, seconds: float, reps: int) -> FsrsRating:
    """FSRS's rating of an answer: wrong 1, close or slow 2, right 3; 4 for a word known before and written at once.

    `recalled` is true where the answer had to be written from memory; `seconds` is 0 where it was not measured,
    and more than ten minutes says that the person was away, not slow.
    """
    if grade == "wrong":
        return 1
    if grade == "close" or SLOW.total_seconds() <= seconds <= AWAY.total_seconds():
        return 2
    return 4 if recalled and reps >= 2 and 0 < seconds <= QUICK.total_seconds() else 3


def review(
    card: Card | None, rating: FsrsRating, now: datetime, *, key: str = "", seconds: float = 0.0
) -> tuple[Card, Review]:
    """The card after an answer, and the answer as it is kept; `key` names a card that does not exist yet.

    The new `strength` is the chance of still knowing it a day later.
    """
    name = card.key if card else key
    moment = now.astimezone(UTC)
    before = _record(card) if card else fsrs.Card(card_id=int(moment.timestamp() * 1000), due=moment)
    after, _ = _scheduler().review_card(before, fsrs.Rating(rating), moment)
    moved = Card(
        key=name,
        due=after.due,
        state=json.dumps(after.to_dict()),
        reps=(card.reps if card else 0) + 1,
        lapses=(card.lapses if card else 0) + (1 if card and rating == 1 else 0),
    )
    strong = replace(moved, strength=strength(moved, moment + timedelta(days=1)))
    return strong, Review(card=name, rating=rating, at=now, seconds=seconds)


def begun(key: str, now: datetime) -> Card:
    """A new card that is due at once and was never asked."""
    moment = now.astimezone(UTC)
    record = fsrs.Card(card_id=int(moment.timestamp() * 1000), due=moment)
    return Card(key=key, due=record.due, state=json.dumps(record.to_dict()))


def strength(card: Card, now: datetime) -> float:
    """The chance from 0 to 1 that the word is known now: FSRS's forgetting curve, with parts of days."""
    record = _record(card)
    if record.last_review is None or not record.stability:
        return 0.0
    decay = -fsrs.Scheduler().parameters[20]
    days = max(0.0, (now - record.last_review).total_seconds() / 86400)
    return float((1 + (0.9 ** (1 / decay) - 1) * days / record.stability) ** decay)


def sure(card: Card) -> bool:
    """Whether the word was ever recalled since it was last wrong: false in the first step of learning it, or of learning it again."""
    return _record(card).step != 0


def introduced(cards: Iterable[Card], now: datetime, zone: str) -> int:
    """How many of the cards were first asked on this day of the person's time zone."""
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    today = now.astimezone(there).date()
    return sum(_created(card).astimezone(there).date() == today for card in cards)


def agenda(due: tuple[Card, ...], fresh: tuple[str, ...], today: int) -> tuple[tuple[Card, ...], tuple[str, ...]]:
    """What a session asks: due cards first, then new ones (`fresh`, keys in order), within the session's and the day's limits.

    `today` is how many new words were begun today.
    """
    cards = due[:SESSION]
    room = min(SESSION - len(cards), max(0, DAILY_NEW - today))
    return cards, fresh[:room]


def _scheduler() -> fsrs.Scheduler:
    return fsrs.Scheduler(enable_fuzzing=False)


def _record(card: Card) -> fsrs.Card:
    return fsrs.Card.from_dict(json.loads(card.state))


def _created(card: Card) -> datetime:
    return datetime.fromtimestamp(_record(card).card_id / 1000, UTC)
