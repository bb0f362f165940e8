"""The inbox: stores every event once."""

import json
from collections.abc import Sequence

from sqlalchemy import text

from core import wire
from core.clock import Clock
from core.event import Event
from storage.engine.batcher import Batcher
from storage.engine.database import Database

# The whole batch is one JSON text, which costs a third of the time that arrays of texts take. The rows are inserted in
# the order of arrival per address, so that `seq` orders the events of a conversation. The check for an opt-out is part
# of the statement and costs no round trip of its own.
_ACCEPT = text(
    """
    INSERT INTO events (id, address, payload, addressed, received_at)
    SELECT id, address, payload, addressed, :now
    FROM json_to_recordset(CAST(:given AS json))
        AS given (id text, address text, payload jsonb, addressed bool, drop_if_opted_out bool, n int)
    WHERE drop_if_opted_out IS NULL
        OR NOT EXISTS (SELECT FROM consents c WHERE c.address = given.address AND c.withdrawn)
    ORDER BY address, n
    ON CONFLICT (id) DO NOTHING
    RETURNING id
    """
)


class PostgresInbox:
    """`core.ports.messaging.Inbox`; concurrent events are committed together."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._batcher: Batcher[Event, bool] = Batcher(self._accept)

    async def accept(self, event: Event) -> bool:
        return await self._batcher(event)

    async def _accept(self, events: Sequence[Event]) -> list[bool]:
        ids = [wire.clean(event.id) for event in events]
        given = ",".join(_record(n, id_, event) for n, (id_, event) in enumerate(zip(ids, events, strict=True)))
        parameters = {"given": f"[{given}]", "now": self._clock.now()}
        stored = {row.id for row in await self._database.run(_ACCEPT, parameters)}
        return [_remove(stored, id_) for id_ in ids]


def _record(n: int, id_: str, event: Event) -> str:
    addressed = "true" if event.addressed else "false"
    drop = '"drop_if_opted_out":true,' if event.drop_if_opted_out else ""
    head = f'{drop}"n":{n},"id":{json.dumps(id_)},"address":{json.dumps(str(event.address))},"addressed":{addressed}'
    return f'{{{head},"payload":{wire.dump_event(event)}}}'


def _remove(stored: set[str], id_: str) -> bool:
    """Whether the id was stored; of equal ids in a batch only the first one was."""
    if id_ in stored:
        stored.remove(id_)
        return True
    return False
