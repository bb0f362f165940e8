"""Cleanup deletes what is past its retention, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from storage.engine.database import Database
from storage.maintenance.cleanup import RETENTION, Cleanup
from storage.messaging.blobs import PostgresBlobs
from storage.tables import metadata
from storage.tables.blob_references import blob_columns
from tests.fakes.clock import ManualClock
from tests.storage.rows import count, put

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO = NOW - RETENTION - timedelta(hours=1)
LATELY = NOW - RETENTION + timedelta(hours=1)


async def _event(database: Database, name: str, received: datetime, handled: datetime | None, **more: Any) -> None:
    row = {"id": name, "address": "web:a", "payload": {}, "addressed": True, "received_at": received}
    await database.run(insert(metadata.tables["events"]).values(row | {"handled_at": handled} | more), {})


async def _outbound(database: Database, name: str, state: str, created: datetime, payload: object = None) -> None:
    row = {"id": name, "address": "web:a", "quiz_id": "", "payload": payload or {}, "state": state, "attempts": 1}
    more = {"due_at": created, "created_at": created, "platform_id": "", "error": ""}
    await database.run(insert(metadata.tables["outbound"]).values(row | more), {})


async def _names(database: Database, table: str, column: str = "id") -> set[str]:
    rows = await database.run(select(metadata.tables[table].c[column]), {})
    return {row[0] for row in rows}


async def test_old_events_are_deleted_once_they_are_handled(database: Database) -> None:
    await _event(database, "answered", LONG_AGO, LONG_AGO)
    await _event(database, "waiting", LONG_AGO, None)
    await _event(database, "answered-late", LONG_AGO, LATELY)
    await _event(database, "new", LATELY, LATELY)
    await _event(database, "overheard", LONG_AGO, None, addressed=False)
    assert (await Cleanup(database)(NOW))["events"] == 2
    assert await _names(database, "events") == {"waiting", "answered-late", "new"}


async def test_old_outbound_messages_are_deleted_once_they_are_sent_or_dead(database: Database) -> None:
    for state in ("sent", "dead", "waiting"):
        await _outbound(database, state, state, LONG_AGO)
    await _outbound(database, "new", "sent", LATELY)
    assert (await Cleanup(database)(NOW))["outbound"] == 2
    assert await _names(database, "outbound") == {"waiting", "new"}


async def test_a_blob_stays_as_long_as_a_row_refers_to_it(database: Database) -> None:
    old = PostgresBlobs(database=database, clock=ManualClock(LONG_AGO))
    used, unused = [await old.put(data, mime="audio/ogg") for data in (b"used", b"unused")]
    new = await PostgresBlobs(database=database, clock=ManualClock(LATELY)).put(b"new", mime="audio/ogg")
    await _outbound(database, "p", "waiting", LONG_AGO, {"is": {"audio": {"uri": used}}})
    assert (await Cleanup(database)(NOW))["blobs"] == 1
    assert await _names(database, "blobs", "key") == {used, new}
    assert unused not in {used, new}


async def test_storing_a_blob_again_renews_its_age(database: Database) -> None:
    for at in (LONG_AGO, LATELY):
        await PostgresBlobs(database=database, clock=ManualClock(at)).put(b"again", mime="audio/ogg")
    assert (await Cleanup(database)(NOW))["blobs"] == 0


async def test_more_rows_than_a_batch_are_deleted_in_several_batches(database: Database) -> None:
    for number in range(7):
        await _event(database, str(number), LONG_AGO, LONG_AGO)
    assert (await Cleanup(database, batch=3)(NOW))["events"] == 7


def test_all_columns_that_can_refer_to_a_blob_are_searched() -> None:
    known = {f"{column.table.name}.{column.name}" for column in blob_columns()}
    assert known >= {"events.payload", "outbound.payload", "feed.body", "sources.uri", "conversations.state"}


async def test_old_allowances_are_deleted(database: Database) -> None:
    for days in (0, 29, 31, 90):
        await put(database, "allowances", address="sms:+15550001111", day=(NOW - timedelta(days=days)).date())
    assert (await Cleanup(database, batch=1)(NOW))["allowances"] == 2
    assert await count(database, "allowances") == 2
