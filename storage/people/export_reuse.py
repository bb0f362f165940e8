"""How long a person who asks for their data again is given the same file."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LIFETIME = timedelta(days=1)
"""How long the file can be downloaded."""
_REUSE = timedelta(minutes=10)

_END_REUSE = text("UPDATE downloads SET expires_at = least(expires_at, :reusable_after) WHERE learner_id = :learner")


def reusable_after(now: datetime) -> datetime:
    """A file that expires later than this is young enough to be given again."""
    return now + LIFETIME - _REUSE


async def end_reuse(connection: AsyncConnection, learner: str, now: datetime) -> None:
    """Make the next request build a new file, because the learner's data has changed by linking or unlinking.

    Files that exist can still be downloaded.
    """
    await connection.execute(_END_REUSE, {"learner": learner, "reusable_after": reusable_after(now)})
