"""Find conversations whose turn or delivery was never scheduled, or was lost with its worker."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import TextClause, text

from core.address import Address
from storage.engine.database import Database

_TURNS = text(
    """
    SELECT DISTINCT e.address FROM events e LEFT JOIN conversations c ON c.address = e.address
    WHERE e.handled_at IS NULL AND e.addressed AND (c.lease_until IS NULL OR c.lease_until <= :now)
    LIMIT :limit
    """
)

_DELIVERIES = text(
    """
    SELECT DISTINCT address FROM outbound
    WHERE state = 'waiting' AND due_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
    LIMIT :limit
    """
)

_IDLE = text(
    """
    SELECT NOT EXISTS (SELECT FROM events WHERE address = :address AND handled_at IS NULL AND addressed)
       AND NOT EXISTS (SELECT FROM outbound WHERE address = :address AND state = 'waiting')
    """
)


class Sweep:
    """Finds addresses that wait for a turn or for a delivery, at most `limit` of each at a time."""

    def __init__(self, database: Database, *, limit: int = 5000) -> None:
        self._database = database
        self._limit = limit

    async def turns(self, now: datetime) -> tuple[Address, ...]:
        return await self._addresses(_TURNS, now)

    async def deliveries(self, now: datetime) -> tuple[Address, ...]:
        return await self._addresses(_DELIVERIES, now)

    async def idle(self, address: Address) -> bool:
        """Whether the conversation has neither events to answer nor messages to deliver."""
        async with self._database.begin() as connection:
            return bool(await connection.scalar(_IDLE, {"address": str(address)}))

    async def _addresses(self, statement: TextClause, now: datetime) -> tuple[Address, ...]:
        async with self._database.begin() as connection:
            found: Sequence[str] = (await connection.scalars(statement, {"now": now, "limit": self._limit})).all()
        return tuple(Address.parse(address) for address in found)
