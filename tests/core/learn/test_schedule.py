import json
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.card import Card
from core.learn.schedule import DAILY_NEW, SESSION, FsrsRating, agenda, introduced, rate, review, strength

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "toki-pona/word/moku"


def reviewed(ratings: list[FsrsRating]) -> tuple[Card, list[timedelta]]:
    card, now, waits = None, START, list[timedelta]()
    for rating in ratings:
        card, _ = review(card, rating, now, key=KEY)
        waits.append(card.due - now)
        now = card.due
    assert card is not None
    return card, waits


def days(*numbers: int) -> list[timedelta]:
    return [timedelta(days=number) for number in numbers]


M1, M5_5, M10 = timedelta(minutes=1), timedelta(minutes=5, seconds=30), timedelta(minutes=10)


@pytest.mark.parametrize(
    ("ratings", "waits"),
    [
        ([3, 3, 3, 3, 3, 3], [M10, *days(2, 11, 46, 163, 498)]),
        ([4, 3], days(8, 39)),
        ([1, 3, 3], [M1, M10, *days(1)]),
        ([2, 3, 3], [M5_5, M10, *days(1)]),
        ([3, 3, 3, 1, 3], [M10, *days(2, 11), M10, *days(2)]),
    ],
)
def test_intervals_are_exactly_those_of_fsrs(ratings: list[FsrsRating], waits: list[timedelta]) -> None:
    assert reviewed(ratings)[1] == waits


def test_a_review_keeps_what_was_answered() -> None:
    card, kept = review(None, 3, START, key=KEY, seconds=4.5)
    assert (kept.card, kept.rating, kept.at, kept.seconds) == (KEY, 3, START, 4.5)
    assert (card.key, card.reps, card.lapses) == (KEY, 1, 0)
    again, _ = review(card, 1, card.due)
    assert (again.key, again.reps, again.lapses) == (KEY, 2, 1)
    json.loads(again.state)


def test_another_time_zone_is_the_same_moment() -> None:
    east = START.astimezone(tz=ZoneInfo("Asia/Ho_Chi_Minh"))
    assert review(None, 3, east, key=KEY)[0] == review(None, 3, START, key=KEY)[0]


@given(st.lists(st.sampled_from([1, 2, 3, 4]), min_size=1, max_size=12), st.floats(0.1, 400))
def test_strength_is_a_chance_that_fades(ratings: list[FsrsRating], later: float) -> None:
    card, _ = reviewed(ratings)
    last = datetime.fromisoformat(json.loads(card.state)["last_review"])
    first, then = strength(card, last), strength(card, last + timedelta(days=later))
    assert first == 1.0
    assert 0.0 < then < first
    assert card.strength == pytest.approx(strength(card, last + timedelta(days=1)))


def test_at_its_due_time_a_card_is_known_nine_times_in_ten() -> None:
    card, _ = reviewed([3, 3, 3, 3])
    assert strength(card, card.due) == pytest.approx(0.9, abs=0.005)


@pytest.mark.parametrize(
    ("grade", "recalled", "seconds", "reps", "expected"),
    [
        ("wrong", True, 3, 9, 1),
        ("close", True, 3, 9, 2),
        ("right", True, 60, 9, 2),
        ("right", True, 3600, 9, 3),
        ("right", True, 3, 9, 4),
        ("right", True, 3, 1, 3),
        ("right", True, 0, 9, 3),
        ("right", False, 3, 9, 3),
    ],
)
def test_an_answer_is_rated(
    grade: Literal["right", "close", "wrong"], recalled: bool, seconds: float, reps: int, expected: int
) -> None:
    assert rate(grade, recalled=recalled, seconds=seconds, reps=reps) == expected


def test_a_session_and_a_day_have_their_limits() -> None:
    card, _ = review(None, 3, START, key=KEY)
    fresh = tuple(f"new-{number}" for number in range(30))
    assert agenda((card,) * 50, fresh, 0) == ((card,) * SESSION, ())
    assert agenda((card,) * 3, fresh, 0) == ((card,) * 3, fresh[:DAILY_NEW])
    assert agenda((card,) * 15, fresh, 0)[1] == fresh[:5]
    assert agenda((), fresh, 8)[1] == fresh[:2]
    assert agenda((), fresh, 99) == ((), ())


def test_a_day_begins_at_midnight_where_the_person_is() -> None:
    card, _ = review(None, 3, datetime(2026, 3, 1, 18, tzinfo=UTC), key=KEY)
    then = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert introduced([card], then, "UTC") == 1
    assert introduced([card], then, "Asia/Ho_Chi_Minh") == 0
    assert introduced([card], then, "Nowhere/Land") == 1
