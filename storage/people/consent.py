"""Opt-outs from messages, and the daily sending allowance of each person."""

from datetime import date

from sqlalchemy import text

from core import wire
from core.address import Address
from core.clock import Clock
from storage.engine.database import Database

# An event that is already stored changed the consent when it first arrived: a repeated one must not undo a later change.
_WITHDRAW = text(
    """
    INSERT INTO consents (address, withdrawn, reason, at)
    SELECT :address, true, :why, :now WHERE NOT EXISTS (SELECT FROM events WHERE id = :event)
    ON CONFLICT (address) DO UPDATE SET withdrawn = true, reason = excluded.reason, at = excluded.at
    WHERE NOT consents.withdrawn
    """
)
_RENEW = text(
    """
    UPDATE consents SET withdrawn = false, reason = 'asked', at = :now
    WHERE address = :address AND withdrawn AND NOT EXISTS (SELECT FROM events WHERE id = :event)
    """
)
_WITHDRAWN = text("SELECT FROM consents WHERE address = :address AND withdrawn")
# No row is returned, and nothing is counted, if the amount would exceed the cap.
_SPEND = text(
    """
    INSERT INTO allowances (address, day, spent, cost)
    SELECT :address, :day, :amount, CAST(:cost AS float8) WHERE :amount <= :cap
    ON CONFLICT (address, day) DO UPDATE SET
        spent = allowances.spent + excluded.spent, cost = allowances.cost + excluded.cost
    WHERE allowances.spent + excluded.spent <= :cap
    RETURNING spent
    """
)
# Serialises spending for all addresses of one person: two transactions that each count the other's addresses before it
# has committed would together exceed the cap.
_LOCK_PERSON = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended('allowance ' || coalesce(
        (SELECT learner_id FROM conversations WHERE address = :address), :address), 0))
    """
)
_SPENT_ELSEWHERE = text(
    """
    SELECT coalesce(sum(a.spent), 0) FROM conversations here
    JOIN conversations there ON there.learner_id = here.learner_id AND there.address <> here.address
    JOIN allowances a ON a.address = there.address AND a.day = :day
    WHERE here.address = :address
    """
)
_CLOSE = text(
    """
    INSERT INTO allowances (address, day, spent, cost) VALUES (:address, :day, :cap, :cost)
    ON CONFLICT (address, day) DO UPDATE SET spent = excluded.spent, cost = allowances.cost + excluded.cost
    WHERE allowances.spent < excluded.spent
    RETURNING spent
    """
)


class PostgresConsents:
    """`core.ports.consent.Consents` on the table `consents`, which also records when and why."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def withdraw(self, address: Address, *, why: str, event: str = "") -> None:
        parameters = {"address": str(address), "why": why, "now": self._clock.now(), "event": wire.clean(event)}
        await self._database.run(_WITHDRAW, parameters)

    async def renew(self, address: Address, *, event: str = "") -> None:
        parameters = {"address": str(address), "now": self._clock.now(), "event": wire.clean(event)}
        await self._database.run(_RENEW, parameters)

    async def withdrawn(self, address: Address) -> bool:
        return bool(await self._database.run(_WITHDRAWN, {"address": str(address)}))


class PostgresAllowance:
    """`core.ports.consent.Allowance` on the table `allowances`: a row per address and day, summed over a person's addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, address: Address, amount: int, *, day: date, cap: int, cost: float = 0.0) -> bool:
        parameters = {"address": str(address), "day": day, "amount": amount, "cap": cap, "cost": cost}
        if amount <= 0:
            return bool(await self._database.run(_SPEND, parameters))
        async with self._database.begin() as connection:
            await connection.execute(_LOCK_PERSON, parameters)
            elsewhere = int((await connection.execute(_SPENT_ELSEWHERE, parameters)).scalar_one())
            spent = await connection.execute(_SPEND, parameters | {"cap": cap - elsewhere})
            return spent.first() is not None

    async def close(self, address: Address, *, day: date, cap: int, cost: float = 0.0) -> bool:
        parameters = {"address": str(address), "day": day, "cap": cap, "cost": cost}
        return bool(await self._database.run(_CLOSE, parameters))
