"""Ratings of answers."""

from sqlalchemy import text

from core import wire
from core.ports.ratings import AnswerRating
from storage.engine.database import Database

# In a group, the learner of the conversation is the group: the rating belongs to its sender if their identity is known,
# so that forgetting them deletes it. An older rating that arrives late does not replace a newer one.
_KEEP = text(
    """
    INSERT INTO ratings (address, platform_id, sender, learner_id, good, at)
    SELECT :address, :message, :sender, coalesce(
        (SELECT learner_id FROM identities WHERE channel = :channel AND sender = :sender), :learner
    ), :good, :at
    ON CONFLICT (address, platform_id, sender) DO UPDATE SET good = excluded.good, at = excluded.at
    WHERE ratings.at <= excluded.at
    """
)


class PostgresRatings:
    """`core.ports.ratings.Ratings` on the table `ratings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, rating: AnswerRating) -> None:
        parameters = {
            "address": str(rating.address),
            "channel": rating.address.channel,
            "message": wire.clean(rating.message),
            "sender": wire.clean(rating.sender),
            "learner": rating.learner,
            "good": rating.good,
            "at": rating.at,
        }
        await self._database.run(_KEEP, parameters)
