"""Turns: taking a conversation with all its waiting events, and writing what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import ClaimedTurn, Turn
from core.errors import Malformed, Superseded
from core.event import Event
from storage.engine.batcher import Batcher
from storage.engine.database import Database
from storage.messaging import close_turn
from storage.messaging.open_turn import language, read_claimed_turn, read_events

HISTORY_LIMIT = 40
MAX_OVERHEARD = 100
"""Words not meant for Sona that a turn takes in; what was said long before is passed by."""

# A lease may be lost with a crash of the database: whoever held it loses its connection too, and the events are
# taken again. So its commit does not wait for the disk; closing a turn does, and flushes all that came before.

_OPEN = text(
    """
    WITH asked AS (
        SELECT c.address, given.token
        FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quick,
             unnest(CAST(:addresses AS text[]), CAST(:tokens AS text[])) AS given (address, token)
        JOIN conversations c ON c.address = given.address
        WHERE (c.lease_until IS NULL OR c.lease_until <= :now)
          AND EXISTS (SELECT FROM events e WHERE e.address = c.address AND e.handled_at IS NULL AND e.addressed)
        ORDER BY c.address
        FOR UPDATE OF c SKIP LOCKED
    ), leased AS (
        UPDATE conversations c SET lease_token = asked.token, lease_until = :until, attempts = c.attempts + 1
        FROM asked WHERE c.address = asked.address
        RETURNING c.address, c.learner_id, c.state, c.version, c.attempts, c.lease_token
    )
    SELECT leased.*, l.id AS learner, l.name, l.locale, l.zone, l.voice,
        EXISTS (SELECT FROM outbound p WHERE p.address = leased.address AND p.state = 'waiting') AS owed,
        early.seq AS early,
        (SELECT jsonb_agg(e.payload ORDER BY e.seq) FROM events e
         WHERE e.address = leased.address AND e.handled_at IS NULL AND (e.addressed OR e.seq > coalesce(early.seq, 0))) AS events,
        (SELECT jsonb_agg(jsonb_build_array(m.role, m.speaker, m.text, m.at, m.platform_id, m.seq) ORDER BY m.seq) FROM (
            SELECT * FROM messages WHERE address = leased.address
                AND seq > coalesce((leased.state #>> '{is,history_start,line}')::bigint, 0)
            ORDER BY seq DESC LIMIT :history + coalesce((leased.state #>> '{is,history_start,skipped}')::int, 0)
         ) m) AS history
    FROM leased JOIN learners l ON l.id = leased.learner_id
    LEFT JOIN LATERAL (
        SELECT seq FROM events WHERE address = leased.address AND handled_at IS NULL AND NOT addressed
        ORDER BY seq DESC OFFSET :overheard LIMIT 1
    ) early ON true
    """
)

_PASSED_BY = text(
    """
    UPDATE events SET handled_at = :now
    WHERE address = :address AND handled_at IS NULL AND NOT addressed AND seq <= :early
    """
)

_STRANGERS = text(
    """
    SELECT DISTINCT ON (e.address) e.address, e.payload FROM events e
    WHERE e.address = ANY(:addresses) AND e.handled_at IS NULL AND e.addressed
      AND NOT EXISTS (SELECT FROM conversations c WHERE c.address = e.address)
    ORDER BY e.address, e.seq
    """
)

# Two workers that meet the same person at once, here or in two conversations, meet them one after the other.
_ALONE = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(who, 0))
    FROM (SELECT DISTINCT unnest(CAST(:people AS text[])) AS who ORDER BY who) AS people
    """
)

_MEET = text(
    """
    WITH known AS (
        SELECT learner_id FROM identities WHERE channel = :channel AND sender = :sender
    ), met AS (
        INSERT INTO learners (id, name, locale, zone, voice, created_at)
        SELECT :learner, :name, :locale, 'UTC', 'auto', :now WHERE NOT EXISTS (SELECT FROM known)
        RETURNING id
    ), named AS (
        INSERT INTO identities (channel, sender, learner_id) SELECT :channel, :sender, id FROM met
    )
    INSERT INTO conversations (address, learner_id, sender, state, version, attempts, created_at, updated_at)
    SELECT :address, coalesce((SELECT learner_id FROM known), (SELECT id FROM met)), :sender, '{}', 0, 0, :now, :now
    ON CONFLICT (address) DO NOTHING
    """
)

_LANGUAGE = text("UPDATE learners SET locale = :locale WHERE id = :learner AND locale = ''")

_WAITING = text(
    "SELECT DISTINCT address FROM events WHERE address = ANY(:addresses) AND handled_at IS NULL AND addressed"
)

_SINCE = text(
    """
    SELECT address, payload FROM events
    WHERE address = ANY(:addresses) AND handled_at IS NULL AND addressed AND NOT id = ANY(:events) ORDER BY seq
    """
)

_OWED = text("SELECT FROM outbound WHERE address = :address AND state = 'waiting' LIMIT 1")

_RENEW = text(
    """
    UPDATE conversations c SET lease_until = :until
    FROM unnest(CAST(:addresses AS text[]), CAST(:tokens AS text[])) AS held (address, token)
    WHERE c.address = held.address AND c.lease_token = held.token
    RETURNING c.lease_token
    """
)

_RELEASE = text(
    "UPDATE conversations SET lease_until = NULL, lease_token = NULL, attempts = attempts - 1 WHERE address = :address AND lease_token = :token"
)


class PostgresTurns:
    """`core.ports.messaging.Turns`; turns that open, go on or close at the same time share a transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._opening: Batcher[tuple[Address, timedelta], ClaimedTurn | None] = Batcher(self._open)
        self._renewing: Batcher[tuple[ClaimedTurn, timedelta], bool] = Batcher(self._renew)
        self._closing: Batcher[tuple[ClaimedTurn, Turn], bool] = Batcher(self._close)
        self._looking: Batcher[ClaimedTurn, tuple[Event, ...]] = Batcher(self._since)
        self._checking: Batcher[str, bool] = Batcher(self._waiting)

    async def open(self, address: Address, lease: timedelta) -> ClaimedTurn | None:
        return await self._opening((address, lease))

    async def renew(self, claimed: ClaimedTurn, lease: timedelta) -> bool:
        return await self._renewing((claimed, lease))

    async def since(self, claimed: ClaimedTurn) -> tuple[Event, ...]:
        return await self._looking(claimed)

    async def close(self, claimed: ClaimedTurn, turn: Turn) -> None:
        if not await self._closing((claimed, turn)):
            raise Superseded(str(claimed.conversation.address))

    async def waiting(self, address: Address) -> bool:
        return await self._checking(str(address))

    async def replies_pending(self, address: Address) -> bool:
        return bool(await self._database.run(_OWED, {"address": str(address)}))

    async def release(self, claimed: ClaimedTurn) -> None:
        await self._database.run(_RELEASE, _held(claimed))

    async def _open(self, asked: Sequence[tuple[Address, timedelta]]) -> list[ClaimedTurn | Malformed | None]:
        """A record that cannot be read, such as a newer version's, keeps its own conversation waiting and no other."""
        addresses = {str(address): address for address, _ in asked}
        now = self._clock.now()
        parameters = {
            "addresses": list(addresses),
            "tokens": [self._clock.id() for _ in addresses],
            "now": now,
            "until": now + max(lease for _, lease in asked),
            "history": HISTORY_LIMIT,
            "overheard": MAX_OVERHEARD,
        }
        rows = await self._database.run(_OPEN, parameters)
        missing = addresses.keys() - {row.address for row in rows}
        openings: dict[str, ClaimedTurn | Malformed] = {}
        if missing and (met := await self._meet(list(missing), now, openings)):
            tokens = [self._clock.id() for _ in met]
            rows = [*rows, *await self._database.run(_OPEN, parameters | {"addresses": met, "tokens": tokens})]
        openings |= {row.address: read_claimed_turn(row, addresses[row.address]) for row in rows}
        for row in rows:
            await self._hear_out(row, openings[row.address])
        return [openings.pop(str(address), None) for address, _ in asked]

    async def _hear_out(self, row: Row[Any], claimed: ClaimedTurn | Malformed) -> None:
        """Let go of what was said too long before, and keep the language of somebody whose first words did not tell it, as Discord's messages do not, once something does."""
        if row.early is not None:
            await self._database.run(_PASSED_BY, {"address": row.address, "early": row.early, "now": self._clock.now()})
        if not row.locale and isinstance(claimed, ClaimedTurn) and (locale := language(claimed.events)):
            await self._database.run(_LANGUAGE, {"learner": row.learner, "locale": locale})

    async def _meet(self, addresses: list[str], now: datetime, failed: dict[str, ClaimedTurn | Malformed]) -> list[str]:
        """Make conversations for those of the addresses that have events but none yet, and return them."""
        async with self._database.begin() as connection:
            meetings: list[dict[str, Any]] = []
            for stranger in (await connection.execute(_STRANGERS, {"addresses": addresses})).all():
                try:
                    meetings.append(self._meeting(stranger, now))
                except Malformed as error:
                    failed[stranger.address] = error
            if meetings:
                people = [f"{meeting['channel']}:{meeting['sender']}" for meeting in meetings]
                await connection.execute(_ALONE, {"people": people})
            for meeting in meetings:
                await connection.execute(_MEET, meeting)
        return [meeting["address"] for meeting in meetings]

    def _meeting(self, row: Row[Any], now: datetime) -> dict[str, Any]:
        """Who the conversation is with. A group learns, and owns what was sent to it, as a learner of its own: nobody's private files are found there."""
        event = wire.load_event(row.payload)
        chat = f"group {event.address.chat}"
        return {
            "address": row.address,
            "channel": event.address.channel,
            "sender": wire.clean(chat if event.group else event.sender.id),
            "name": "" if event.group else wire.clean(event.sender.name),
            "locale": wire.clean(event.sender.locale),
            "learner": self._clock.id(),
            "now": now,
        }

    async def _renew(self, held: Sequence[tuple[ClaimedTurn, timedelta]]) -> list[bool]:
        parameters = {
            "addresses": [str(claimed.conversation.address) for claimed, _ in held],
            "tokens": [claimed.token for claimed, _ in held],
            "until": self._clock.now() + max(lease for _, lease in held),
        }
        kept = {row.lease_token for row in await self._database.run(_RENEW, parameters)}
        return [claimed.token in kept for claimed, _ in held]

    async def _since(self, openings: Sequence[ClaimedTurn]) -> list[tuple[Event, ...] | Malformed]:
        found: dict[str, list[Any]] = {str(claimed.conversation.address): [] for claimed in openings}
        known = [wire.clean(event.id) for claimed in openings for event in claimed.events]
        for row in await self._database.run(_SINCE, {"addresses": list(found), "events": known}):
            found[row.address].append(row.payload)
        return [read_events(found[str(claimed.conversation.address)]) for claimed in openings]

    async def _close(self, pairs: Sequence[tuple[ClaimedTurn, Turn]]) -> list[bool]:
        closed = await close_turn.close_turns(self._database, pairs, self._clock)
        return [str(claimed.conversation.address) in closed for claimed, _ in pairs]

    async def _waiting(self, addresses: Sequence[str]) -> list[bool]:
        found = {row.address for row in await self._database.run(_WAITING, {"addresses": list(addresses)})}
        return [address in found for address in addresses]


def _held(claimed: ClaimedTurn) -> dict[str, Any]:
    return {"address": str(claimed.conversation.address), "token": claimed.token}
