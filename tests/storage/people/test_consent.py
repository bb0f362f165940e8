"""Opt-outs and daily allowances."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from core.address import Address
from storage.engine.database import Database
from storage.people.consent import PostgresAllowance, PostgresConsents
from tests.fakes.messaging import Street
from tests.storage.rows import put

HERE, DAY = Address("test", "1"), date(2026, 11, 21)
_COST = text("SELECT spent, cost FROM allowances WHERE address = :address AND day = :day")


async def test_only_one_of_many_closes_a_day_and_a_refund_reopens_it(database: Database) -> None:
    allowance = PostgresAllowance(database)
    assert await allowance.spend(HERE, 3, day=DAY, cap=8, cost=0.03)
    assert not await allowance.spend(HERE, 6, day=DAY, cap=8, cost=0.06)
    closed = await asyncio.gather(*(allowance.close(HERE, day=DAY, cap=10, cost=0.02) for _ in range(5)))
    assert sorted(closed) == [False] * 4 + [True]
    assert not await allowance.spend(HERE, 1, day=DAY, cap=8)
    (row,) = await database.run(_COST, {"address": str(HERE), "day": DAY})
    assert (row.spent, row.cost) == (10, pytest.approx(0.05))
    assert await allowance.spend(HERE, -2, day=DAY, cap=10, cost=-0.02)
    assert await allowance.close(HERE, day=DAY, cap=10, cost=0.02)


async def test_a_day_without_messages_can_be_closed(database: Database) -> None:
    allowance = PostgresAllowance(database)
    assert await allowance.close(HERE, day=DAY, cap=10)
    assert not await allowance.close(HERE, day=DAY, cap=10)


async def test_all_addresses_of_a_person_share_one_allowance(database: Database) -> None:
    allowance, other = PostgresAllowance(database), Address("test", "2")
    await put(database, "learners", id="ana")
    for address in (HERE, other):
        await put(database, "conversations", address=str(address), learner_id="ana")
    spent = await asyncio.gather(
        *(allowance.spend(address, 1, day=DAY, cap=8) for _ in range(8) for address in (HERE, other))
    )
    assert sum(spent) == 8
    assert await allowance.spend(HERE, -1, day=DAY, cap=8)
    assert await allowance.spend(other, 1, day=DAY, cap=8)
    assert await allowance.spend(Address("test", "3"), 8, day=DAY, cap=8)


async def test_an_opt_out_drops_only_events_that_respect_it(database: Database) -> None:
    street = Street(database)
    consents = PostgresConsents(database, street.clock)
    respecting = [replace(street.event("toki", chat), drop_if_opted_out=True) for chat in ("1", "2", "1")]
    assert await street.inbox.accept(respecting[0])
    await consents.withdraw(HERE, why="asked")
    assert await street.inbox.accept(street.event("a reminder"))
    stored = await asyncio.gather(*(street.inbox.accept(event) for event in respecting[1:]))
    assert stored == [True, False]
    await consents.renew(HERE)
    assert await street.inbox.accept(respecting[2])
