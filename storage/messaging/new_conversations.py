"""Create conversations, and the learners they are with, from the first events at new addresses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from core import wire
from core.clock import Clock
from core.errors import Malformed
from storage.engine.database import Database

_FIRST_EVENTS = text(
    """
    SELECT DISTINCT ON (e.address) e.address, e.payload FROM events e
    WHERE e.address = ANY(:addresses) AND e.handled_at IS NULL AND e.addressed
      AND NOT EXISTS (SELECT FROM conversations c WHERE c.address = e.address)
    ORDER BY e.address, e.seq
    """
)

# Serialises workers that create the same person, possibly in two conversations: the second one then finds the
# identity that the first one inserted. A row lock cannot do this, because no row exists yet. The locks are taken in
# one order, so that two batches cannot deadlock.
_LOCK_SENDERS = text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended(sender, 0))
    FROM (SELECT DISTINCT unnest(CAST(:senders AS text[])) AS sender ORDER BY sender) AS senders
    """
)

_CREATE = text(
    """
    WITH known AS (
        SELECT learner_id FROM identities WHERE channel = :channel AND sender = :sender
    ), created AS (
        INSERT INTO learners (id, name, locale, zone, voice, created_at)
        SELECT :learner, :name, :locale, 'UTC', 'auto', :now WHERE NOT EXISTS (SELECT FROM known)
        RETURNING id
    ), identified AS (
        INSERT INTO identities (channel, sender, learner_id) SELECT :channel, :sender, id FROM created
    )
    INSERT INTO conversations (address, learner_id, sender, state, version, attempts, created_at, updated_at)
    SELECT :address, coalesce((SELECT learner_id FROM known), (SELECT id FROM created)), :sender, '{}', 0, 0, :now, :now
    ON CONFLICT (address) DO NOTHING
    """
)


async def create_conversations(
    database: Database, clock: Clock, addresses: Sequence[str]
) -> tuple[list[str], dict[str, Malformed]]:
    """Create a conversation for each address that has addressed events but no conversation yet.

    Returns the addresses that have one now, and by address the errors of those whose first event cannot be read.
    """
    failed: dict[str, Malformed] = {}
    async with database.begin() as connection:
        created: list[dict[str, Any]] = []
        for row in (await connection.execute(_FIRST_EVENTS, {"addresses": list(addresses)})).all():
            try:
                created.append(_parameters(row, clock.id(), clock.now()))
            except Malformed as error:
                failed[row.address] = error
        if created:
            senders = [f"{each['channel']}:{each['sender']}" for each in created]
            await connection.execute(_LOCK_SENDERS, {"senders": senders})
        for each in created:
            await connection.execute(_CREATE, each)
    return [each["address"] for each in created], failed


def _parameters(row: Row[Any], learner: str, now: datetime) -> dict[str, Any]:
    """A group is a learner of its own, which owns the files sent there: nobody's private files are found in it."""
    event = wire.load_event(row.payload)
    chat = f"group {event.address.chat}"
    return {
        "address": row.address,
        "channel": event.address.channel,
        "sender": wire.clean(chat if event.group else event.sender.id),
        "name": "" if event.group else wire.clean(event.sender.name),
        "locale": wire.clean(event.sender.locale),
        "learner": learner,
        "now": now,
    }
