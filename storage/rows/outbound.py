"""Queue a single outbound message inside a transaction."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import wire
from core.reply import Reply

_QUEUE = text(
    """
    INSERT INTO outbound (id, address, payload, due_at, created_at)
    VALUES (:id, :address, CAST(:payload AS jsonb), :now, :now)
    """
)


async def queue_outbound(
    connection: AsyncConnection, *, outbound_id: str, address: str, reply: Reply, now: datetime
) -> None:
    """Queue a reply that no turn wrote; the sweep schedules its delivery."""
    await connection.execute(
        _QUEUE, {"id": outbound_id, "address": address, "payload": wire.dump_reply(reply), "now": now}
    )
