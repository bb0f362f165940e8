"""What people think of answers, in the database."""

from sqlalchemy import text

from core import wire
from core.ports.ratings import Rating
from storage.database import Database

_KEEP = text(
    """
    INSERT INTO ratings (address, message, sender, learner_id, good, at)
    VALUES (:address, :message, :sender, :learner, :good, :at)
    ON CONFLICT (address, message, sender) DO UPDATE SET good = excluded.good, at = excluded.at
    WHERE ratings.at <= excluded.at
    """
)


class PostgresRatings:
    """`core.ports.ratings.Ratings` on the table `ratings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, rating: Rating) -> None:
        given = {
            "address": str(rating.address),
            "message": wire.clean(rating.message),
            "sender": wire.clean(rating.sender),
            "learner": rating.learner,
            "good": rating.good,
            "at": rating.at,
        }
        await self._database.run(_KEEP, given)
