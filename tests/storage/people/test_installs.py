"""Workspace tokens are sealed, renewed by one process at a time, and deleted on uninstall."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.errors import Malformed, Refused
from core.ports.installs import Install
from storage.engine.database import Database
from storage.engine.sealing import SealedBox
from storage.people.installs import PostgresInstalls
from tests.fakes.clock import ManualClock

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def installs(database: Database, clock: ManualClock) -> PostgresInstalls:
    return PostgresInstalls(database, clock, secret_key=b"k")


def _install(clock: ManualClock, **more: object) -> Install:
    known = {"platform": "slack", "workspace": "T1", "name": "Lipu", "token": "xoxe.xoxb-1", "refresh": "xoxe-1"}
    return Install(**(known | {"expires": clock.now() + HOUR} | more))  # pyright: ignore[reportArgumentType] - values of several types by name


async def test_an_install_is_read_as_it_was_stored(installs: PostgresInstalls, clock: ManualClock) -> None:
    assert await installs.get("slack", "T1") is None
    for token in ("xoxe.xoxb-1", "xoxe.xoxb-2"):
        await installs.put(_install(clock, token=token))
        assert await installs.get("slack", "T1") == _install(clock, token=token)
    assert await installs.get("slack", "T2") is None
    assert await installs.get("another", "T1") is None


async def test_the_database_alone_does_not_reveal_tokens(
    database: Database, installs: PostgresInstalls, clock: ManualClock
) -> None:
    await installs.put(_install(clock))
    (row,) = await database.run(text("SELECT * FROM installs"), {})
    assert b"xox" not in bytes(row.sealed_tokens)
    assert "xoxe" not in repr(_install(clock))
    assert await PostgresInstalls(database, clock, secret_key=b"another").get("slack", "T1") is None
    await database.run(text("UPDATE installs SET workspace = 'T2'"), {})
    assert await installs.get("slack", "T2") is None


async def test_one_of_many_concurrent_callers_renews_the_token(installs: PostgresInstalls, clock: ManualClock) -> None:
    await installs.put(_install(clock))
    asked: list[str] = []

    async def renew(install: Install) -> Install:
        asked.append(install.refresh)
        await asyncio.sleep(0)
        return Install(
            platform="", workspace="", token="xoxe.xoxb-2", refresh="xoxe-2", expires=clock.now() + 12 * HOUR
        )

    soon = clock.now() + 2 * HOUR
    found = await asyncio.gather(*(installs.renewed("slack", "T1", soon, renew) for _ in range(5)))
    assert asked == ["xoxe-1"]
    fresh = _install(clock, token="xoxe.xoxb-2", refresh="xoxe-2", expires=clock.now() + 12 * HOUR)
    assert found == [fresh] * 5
    assert await installs.get("slack", "T1") == fresh


async def test_an_install_that_cannot_be_renewed_stays_unchanged(
    installs: PostgresInstalls, clock: ManualClock
) -> None:
    await installs.put(_install(clock))

    async def renew(install: Install) -> Install:
        raise Refused("invalid_refresh_token")

    with pytest.raises(Refused):
        await installs.renewed("slack", "T1", clock.now() + 2 * HOUR, renew)
    assert await installs.get("slack", "T1") == _install(clock)
    assert await installs.renewed("slack", "T1", clock.now(), renew) == _install(clock)
    assert await installs.renewed("slack", "T2", clock.now(), renew) is None


async def test_a_newer_install_is_not_deleted_by_a_late_uninstall(
    installs: PostgresInstalls, clock: ManualClock
) -> None:
    await installs.put(_install(clock))
    ended = clock.now()
    clock.pass_(10)
    again = replace(_install(clock), token="xoxe.xoxb-2")
    await installs.put(again)
    assert await installs.forget("slack", "T1", until=ended) is None
    assert await installs.get("slack", "T1") == again
    assert await installs.forget("slack", "T1", until=clock.now()) == again
    assert await installs.get("slack", "T1") is None


def test_a_sealed_secret_opens_with_the_same_key_purpose_and_context_only() -> None:
    sealed = SealedBox(b"k", purpose="a").seal(b"secret", context="x")
    assert SealedBox(b"k", purpose="a").unseal(sealed, context="x") == b"secret"
    for seal, of in (
        (SealedBox(b"l", purpose="a"), "x"),
        (SealedBox(b"k", purpose="b"), "x"),
        (SealedBox(b"k", purpose="a"), "y"),
    ):
        with pytest.raises(Malformed):
            seal.unseal(sealed, context=of)
    for broken in (b"", sealed[:5], b"\x02" + sealed[1:], sealed[:-1]):
        with pytest.raises(Malformed):
            SealedBox(b"k", purpose="a").unseal(broken, context="x")
