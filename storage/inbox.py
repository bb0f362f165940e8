"""The letterbox: events kept for good, each once."""

from collections.abc import Sequence

from sqlalchemy import text

from core import wire
from core.clock import Clock
from core.event import Event
from storage.database import Database
from storage.group import Group

_ACCEPT = text(
    """
    INSERT INTO events (id, address, payload, addressed, received_at)
    SELECT id, address, payload::jsonb, addressed, :now
    FROM unnest(CAST(:ids AS text[]), CAST(:addresses AS text[]), CAST(:payloads AS text[]), CAST(:addressed AS bool[]))
         WITH ORDINALITY AS given (id, address, payload, addressed, n)
    ORDER BY n
    ON CONFLICT (id) DO NOTHING
    RETURNING id
    """
)


class PostgresInbox:
    """`core.ports.street.Inbox`; events that come at the same time are committed together."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._group: Group[Event, bool] = Group(self._accept)

    async def accept(self, event: Event) -> bool:
        return await self._group(event)

    async def _accept(self, events: Sequence[Event]) -> list[bool]:
        ids = [wire.clean(event.id) for event in events]
        parameters = {
            "ids": ids,
            "addresses": [str(event.address) for event in events],
            "payloads": [wire.dump_event(event) for event in events],
            "addressed": [event.addressed for event in events],
            "now": self._clock.now(),
        }
        kept = {row.id for row in await self._database.run(_ACCEPT, parameters)}
        return [_take(kept, name) for name in ids]


def _take(kept: set[str], name: str) -> bool:
    """Whether the id was newly kept; only the first of two equal ids in a batch was."""
    if name in kept:
        kept.remove(name)
        return True
    return False
