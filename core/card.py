"""Review cards, the answers that move them, and how far a unit is."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A review card. `key` names the item (`toki-pona/word/moku`); `state` is the scheduler's own record as JSON text."""

    key: str
    due: datetime
    state: str
    reps: int = 0
    lapses: int = 0
    strength: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One answer that counted for a card. `rating` is FSRS's 1–4."""

    card: str
    rating: int
    at: datetime
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProgress:
    course: str
    unit: str
    score: float
    at: datetime
