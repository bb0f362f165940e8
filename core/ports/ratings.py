"""What people think of answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRating:
    """`message` is the platform's id of the answer, `sender` who rated it as the platform knows them, `learner` the conversation's."""

    address: Address
    message: str
    learner: str
    sender: str
    good: bool
    at: datetime


class Ratings(Protocol):
    async def keep(self, rating: AnswerRating) -> None:
        """One for each person and answer: who rates again has changed their mind."""
        ...
