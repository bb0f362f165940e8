"""Parcels on their way out, in order for each conversation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import ConversationState
from core.errors import Malformed
from core.outbound import OutboundMessage
from core.reply import Choice
from storage.engine.batcher import Batcher
from storage.engine.database import Database

# As with turns, a lease on a parcel need not survive a crash of the database; that a parcel was sent must.
_NEXT = text(
    """
    WITH head AS (
        SELECT (SELECT p.seq FROM outbound p WHERE p.address = given.address AND p.state = 'waiting'
                ORDER BY p.seq LIMIT 1) AS seq
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quick,
             unnest(CAST(:addresses AS text[])) AS given (address)
    ), free AS (
        SELECT p.seq FROM outbound p JOIN head USING (seq)
        WHERE p.state = 'waiting' AND p.due_at <= :now AND (p.lease_until IS NULL OR p.lease_until <= :now)
        ORDER BY p.seq FOR UPDATE OF p SKIP LOCKED
    )
    UPDATE outbound p SET lease_until = :until, attempts = p.attempts + 1
    FROM free WHERE p.seq = free.seq
    RETURNING p.id, p.address, p.thread, p.payload, p.attempts, p.created_at AS written, p.due_at AS due, coalesce((
        SELECT t.platform_id FROM outbound t
        WHERE t.address = p.address AND t.quiz_id = p.payload #>> '{is,quiz}' AND t.quiz_id <> '' AND t.state = 'sent'
        LIMIT 1), '') AS target
    """
)

_SENT = text(
    """
    UPDATE outbound p SET state = 'sent', platform_id = given.platform_id, sent_at = :now, lease_until = NULL, error = ''
    FROM unnest(CAST(:ids AS text[]), CAST(:platform_ids AS text[])) AS given (id, platform_id)
    WHERE p.id = given.id
    RETURNING p.id, EXISTS (
        SELECT FROM outbound behind WHERE behind.address = p.address AND behind.state = 'waiting' AND behind.seq > p.seq
    ) AS more
    """
)

_OFFERED = text(
    """
    UPDATE conversations c SET state = jsonb_set(c.state, '{is,offered}', CAST(:choices AS jsonb))
    FROM outbound p WHERE p.id = :id AND c.address = p.address AND NOT EXISTS (
        SELECT FROM outbound behind WHERE behind.address = p.address AND behind.state = 'waiting' AND behind.seq > p.seq
            AND (behind.quiz_id <> '' OR jsonb_array_length(coalesce(behind.payload #> '{is,choices}', '[]')) > 0))
    """
)

# Each try under way has its number, so that whoever lost the lease changes nothing for the one who has it now.
_RENEW = text(
    """
    UPDATE outbound SET lease_until = :until
    WHERE id = :id AND attempts = :attempts AND state = 'waiting' AND lease_until IS NOT NULL RETURNING id
    """
)

_LATER = text(
    """
    UPDATE outbound SET due_at = :at, lease_until = NULL, error = :why, attempts = attempts - :untried
    WHERE id = :id AND attempts = :attempts AND state = 'waiting' AND lease_until IS NOT NULL
    """
)

_DEAD = text(
    """
    UPDATE outbound SET state = 'dead', lease_until = NULL, error = :why
    WHERE id = :id AND attempts = :attempts AND state = 'waiting' AND lease_until IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """`core.ports.messaging.Due`."""

    outbound: OutboundMessage
    target: str
    written: datetime
    due: datetime


class PostgresOutbox:
    """`core.ports.messaging.Outbox`; what happens at the same time shares a transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._nexts: Batcher[tuple[Address, timedelta], DueRow | None] = Batcher(self._next)
        self._sents: Batcher[tuple[str, str], bool] = Batcher(self._sent)

    async def next(self, address: Address, lease: timedelta) -> DueRow | None:
        return await self._nexts((address, lease))

    async def renew(self, outbound: OutboundMessage, lease: timedelta) -> bool:
        return bool(await self._database.run(_RENEW, _held(outbound) | {"until": self._clock.now() + lease}))

    async def sent(self, outbound: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        if offered:
            choices = json.loads(wire.dump_state(ConversationState(offered=offered)))["is"]["offered"]
            await self._database.run_with_retry(_OFFERED, {"id": outbound.id, "choices": json.dumps(choices)})
        return await self._sents((outbound.id, receipt))

    async def later(self, outbound: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        given = {"at": at, "why": wire.clean(why)[:500], "untried": int(not tried)}
        await self._database.run(_LATER, _held(outbound) | given)

    async def dead(self, outbound: OutboundMessage, why: str) -> None:
        await self._database.run(_DEAD, _held(outbound) | {"why": wire.clean(why)[:500]})

    async def _next(self, asked: Sequence[tuple[Address, timedelta]]) -> list[DueRow | Malformed | None]:
        """A parcel that cannot be read, such as a newer version's, holds up its own conversation and no other."""
        now = self._clock.now()
        addresses = {str(address): address for address, _ in asked}
        parameters = {"addresses": list(addresses), "now": now, "until": now + max(lease for _, lease in asked)}
        rows = await self._database.run(_NEXT, parameters)
        found = {row.address: _due(row, addresses[row.address]) for row in rows}
        return [found.pop(str(address), None) for address, _ in asked]

    async def _sent(self, receipts: Sequence[tuple[str, str]]) -> list[bool]:
        ids, values = zip(*receipts, strict=True)
        parameters = {"ids": list(ids), "platform_ids": list(values), "now": self._clock.now()}
        more = {row.id: row.more for row in await self._database.run_with_retry(_SENT, parameters)}
        return [more.get(name, False) for name in ids]


def _due(row: Row[Any], address: Address) -> DueRow | Malformed:
    try:
        reply = wire.load_reply(row.payload)
    except Malformed as error:
        return error
    outbound = OutboundMessage(id=row.id, address=address, reply=reply, thread=row.thread, attempts=row.attempts)
    return DueRow(outbound=outbound, target=row.target, written=row.written, due=row.due)


def _held(outbound: OutboundMessage) -> dict[str, Any]:
    return {"id": outbound.id, "attempts": outbound.attempts}
