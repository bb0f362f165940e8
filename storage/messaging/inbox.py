"""The letterbox: events kept for good, each once."""

import json
from collections.abc import Sequence

from sqlalchemy import text

from core import wire
from core.clock import Clock
from core.event import Event
from storage.engine.batcher import Batcher
from storage.engine.database import Database

_ACCEPT = text(
    """
    INSERT INTO events (id, address, payload, addressed, received_at)
    SELECT id, address, payload, addressed, :now
    FROM json_to_recordset(CAST(:given AS json))
        AS given (id text, address text, payload jsonb, addressed bool, heeds bool, n int)
    WHERE heeds IS NULL OR NOT EXISTS (SELECT FROM consents c WHERE c.address = given.address AND c.withdrawn)
    ORDER BY address, n
    ON CONFLICT (id) DO NOTHING
    RETURNING id
    """
)


class PostgresInbox:
    """`core.ports.messaging.Inbox`; events that come at the same time are committed together."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._group: Batcher[Event, bool] = Batcher(self._accept)

    async def accept(self, event: Event) -> bool:
        return await self._group(event)

    async def _accept(self, events: Sequence[Event]) -> list[bool]:
        ids = [wire.clean(event.id) for event in events]
        given = ",".join(_record(n, name, event) for n, (name, event) in enumerate(zip(ids, events, strict=True)))
        parameters = {"given": f"[{given}]", "now": self._clock.now()}
        kept = {row.id for row in await self._database.run(_ACCEPT, parameters)}
        return [_take(kept, name) for name in ids]


def _record(n: int, name: str, event: Event) -> str:
    """An event as JSON text for the statement; one text for a whole batch costs a third of what arrays of texts do."""
    addressed = "true" if event.addressed else "false"
    heeds = '"heeds":true,' if event.drop_if_opted_out else ""
    head = f'{heeds}"n":{n},"id":{json.dumps(name)},"address":{json.dumps(str(event.address))},"addressed":{addressed}'
    return f'{{{head},"payload":{wire.dump_event(event)}}}'


def _take(kept: set[str], name: str) -> bool:
    """Whether the id was newly kept; only the first of two equal ids in a batch was."""
    if name in kept:
        kept.remove(name)
        return True
    return False
