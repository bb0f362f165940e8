"""The outbox: outbound messages, delivered in order within each conversation."""

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

# `head` is the oldest waiting message of each conversation, due or not: a message that waits for a retry holds back
# those behind it, which keeps the order. A separate subquery per address lets the index `ix_outbound_waiting` find it.
#
# SKIP LOCKED: a message that another worker is taking or settling at this moment is left to that worker. The order of
# the locks is that of `seq`, so that two batches cannot deadlock. The conditions are repeated in `free` because they
# have to hold for the locked version of the row, which may be newer than the one that `head` saw.
#
# synchronous_commit is off as for turns: a lease lost in a crash of the database is taken again. `_SENT` waits for the
# disk, because a message whose delivery is forgotten is sent twice.
#
# `target` is the platform id of the message that asked the question, which a `Mark` of the answer edits.
_NEXT = text(
    """
    WITH head AS (
        SELECT (SELECT o.seq FROM outbound o WHERE o.address = given.address AND o.state = 'waiting'
                ORDER BY o.seq LIMIT 1) AS seq
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS settings,
             unnest(CAST(:addresses AS text[])) AS given (address)
    ), free AS (
        SELECT o.seq FROM outbound o JOIN head USING (seq)
        WHERE o.state = 'waiting' AND o.due_at <= :now AND (o.lease_until IS NULL OR o.lease_until <= :now)
        ORDER BY o.seq FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE outbound o SET lease_until = :until, attempts = o.attempts + 1
    FROM free WHERE o.seq = free.seq
    RETURNING o.id, o.address, o.thread, o.payload, o.attempts, o.created_at AS written, o.due_at AS due, coalesce((
        SELECT q.platform_id FROM outbound q
        WHERE q.address = o.address AND q.quiz_id = o.payload #>> '{is,quiz}' AND q.quiz_id <> '' AND q.state = 'sent'
        LIMIT 1), '') AS target
    """
)

# Not restricted to the holder of the lease: the platform has the message, whoever sent it.
_SENT = text(
    """
    UPDATE outbound o SET state = 'sent', platform_id = given.platform_id, sent_at = :now, lease_until = NULL, error = ''
    FROM unnest(CAST(:ids AS text[]), CAST(:platform_ids AS text[])) AS given (id, platform_id)
    WHERE o.id = given.id
    RETURNING o.id, EXISTS (
        SELECT FROM outbound behind WHERE behind.address = o.address AND behind.state = 'waiting' AND behind.seq > o.seq
    ) AS more
    """
)

# A typed number selects from the list shown last: a question or choices that are still waiting will replace this one.
# The version stays, so that a turn that is running is not superseded.
_OFFERED = text(
    """
    UPDATE conversations c SET state = jsonb_set(c.state, '{is,offered}', CAST(:choices AS jsonb))
    FROM outbound o WHERE o.id = :id AND c.address = o.address AND NOT EXISTS (
        SELECT FROM outbound behind WHERE behind.address = o.address AND behind.state = 'waiting' AND behind.seq > o.seq
            AND (behind.quiz_id <> '' OR jsonb_array_length(coalesce(behind.payload #> '{is,choices}', '[]')) > 0))
    """
)

# `attempts` grows with each lease and so identifies it: a worker that lost its lease changes nothing for the next one.
_HELD = "id = :id AND attempts = :attempts AND state = 'waiting' AND lease_until IS NOT NULL"

_RENEW = text(f"UPDATE outbound SET lease_until = :until WHERE {_HELD} RETURNING id")  # noqa: S608 - a constant
_LATER = text(
    "UPDATE outbound SET due_at = :at, lease_until = NULL, error = :why, attempts = attempts - :untried "  # noqa: S608 - a constant
    f"WHERE {_HELD}"
)
_DEAD = text(f"UPDATE outbound SET state = 'dead', lease_until = NULL, error = :why WHERE {_HELD}")  # noqa: S608 - a constant
_MAX_ERROR = 500
"""Characters of an error that are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """`core.ports.messaging.DueOutbound`."""

    outbound: OutboundMessage
    target: str
    written: datetime
    due: datetime


class PostgresOutbox:
    """`core.ports.messaging.Outbox`; concurrent calls share one statement."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._next_batcher: Batcher[tuple[Address, timedelta], DueRow | None] = Batcher(self._next)
        self._sent_batcher: Batcher[tuple[str, str], bool] = Batcher(self._sent)

    async def next(self, address: Address, lease: timedelta) -> DueRow | None:
        return await self._next_batcher((address, lease))

    async def renew(self, outbound: OutboundMessage, lease: timedelta) -> bool:
        return bool(await self._database.run(_RENEW, _held(outbound) | {"until": self._clock.now() + lease}))

    async def sent(self, outbound: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        if offered:
            choices = json.loads(wire.dump_state(ConversationState(offered=offered)))["is"]["offered"]
            await self._database.run_with_retry(_OFFERED, {"id": outbound.id, "choices": json.dumps(choices)})
        return await self._sent_batcher((outbound.id, receipt))

    async def later(self, outbound: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        parameters = {"at": at, "why": wire.clean(why)[:_MAX_ERROR], "untried": int(not tried)}
        await self._database.run(_LATER, _held(outbound) | parameters)

    async def dead(self, outbound: OutboundMessage, why: str) -> None:
        await self._database.run(_DEAD, _held(outbound) | {"why": wire.clean(why)[:_MAX_ERROR]})

    async def _next(self, requests: Sequence[tuple[Address, timedelta]]) -> list[DueRow | Malformed | None]:
        """An unreadable message, such as one of a newer version, blocks its own conversation only."""
        now = self._clock.now()
        addresses = {str(address): address for address, _ in requests}
        parameters = {"addresses": list(addresses), "now": now, "until": now + max(lease for _, lease in requests)}
        rows = await self._database.run(_NEXT, parameters)
        found = {row.address: _due(row, addresses[row.address]) for row in rows}
        # Two requests for one conversation in a batch: the first one gets the message.
        return [found.pop(str(address), None) for address, _ in requests]

    async def _sent(self, messages: Sequence[tuple[str, str]]) -> list[bool]:
        ids, platform_ids = zip(*messages, strict=True)
        parameters = {"ids": list(ids), "platform_ids": list(platform_ids), "now": self._clock.now()}
        more = {row.id: row.more for row in await self._database.run_with_retry(_SENT, parameters)}
        return [more.get(id_, False) for id_ in ids]


def _due(row: Row[Any], address: Address) -> DueRow | Malformed:
    try:
        reply = wire.load_reply(row.payload)
    except Malformed as error:
        return error
    outbound = OutboundMessage(id=row.id, address=address, reply=reply, thread=row.thread, attempts=row.attempts)
    return DueRow(outbound=outbound, target=row.target, written=row.written, due=row.due)


def _held(outbound: OutboundMessage) -> dict[str, Any]:
    return {"id": outbound.id, "attempts": outbound.attempts}
