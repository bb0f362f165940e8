"""Who a person is, where they are, and how one of their channels leaves."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import Conversation, Learner
from core.event import Sender
from core.ports.person import PersonSummary, UnlinkedPerson
from storage.engine.database import Database
from storage.messaging.open_turn import history
from storage.people.privacy import STALE, stale

RECENT = 12
"""Messages of another conversation that tell what was going on there."""

_STANDING = text(
    """
    SELECT l.name,
        (SELECT coalesce(array_agg(DISTINCT channel ORDER BY channel), '{}') FROM identities WHERE learner_id = l.id) AS channels,
        (SELECT count(*) FROM cards WHERE learner_id = l.id) AS cards,
        (SELECT count(*) FROM (SELECT split_part(key, '/', 1) FROM cards WHERE learner_id = l.id
            UNION SELECT course FROM unit_progress WHERE learner_id = l.id) AS courses) AS courses,
        (SELECT count(*) FROM sources WHERE owner = l.id) AS documents,
        (SELECT count(*) FROM messages m JOIN conversations c USING (address) WHERE c.learner_id = l.id) AS messages
    FROM learners l WHERE l.id = :learner
    """
)
_LEARNER = text("SELECT id, name, locale, zone, voice FROM learners WHERE id = :learner")
_OTHERS = text(
    """
    SELECT DISTINCT channel FROM identities
    WHERE learner_id = :learner AND (channel, sender) <> (:channel, :sender) ORDER BY channel
    """
)
_FRESH = text(
    """
    INSERT INTO learners (id, name, locale, zone, voice, created_at)
    SELECT :fresh, :name, locale, zone, voice, :now FROM learners WHERE id = :learner
    """
)
_IDENTITY = text(
    """
    UPDATE identities SET learner_id = :fresh
    WHERE channel = :channel AND sender = :sender AND learner_id = :learner RETURNING sender
    """
)
# Where it is not known whose words began a conversation, it is theirs if it is in the same chat: of a private chat's
# threads all are one person's, but for what only one of many in a place is shown.
_CONVERSATIONS = text(
    """
    UPDATE conversations c SET learner_id = :fresh
    WHERE c.learner_id = :learner AND split_part(c.address, ':', 1) = :channel AND (c.address = :here OR c.sender = :sender
        OR (c.sender = '' AND split_part(c.address, ':', 2) = :chat AND split_part(c.address, ':', 3) NOT LIKE '@%'))
    """
)
_DONE = text(
    "SELECT previous_learner_id FROM link_events WHERE event_id = :event AND learner_id = :learner AND previous_learner_id IS NOT NULL"
)
_NOTED = text(
    "INSERT INTO link_events (event_id, learner_id, previous_learner_id, at) VALUES (:event, :fresh, :learner, :now)"
)
_CHANNELS = text("SELECT DISTINCT channel FROM identities WHERE learner_id = :learner ORDER BY channel")
_ELSEWHERE = text(
    """
    SELECT c.address, c.state, c.version, (
        SELECT jsonb_agg(jsonb_build_array(m.role, m.speaker, m.text, m.at, m.platform_id, m.seq) ORDER BY m.seq) FROM (
            SELECT * FROM messages WHERE address = c.address
                AND seq > coalesce((c.state #>> '{is,history_start,line}')::bigint, 0)
            ORDER BY seq DESC LIMIT :recent + coalesce((c.state #>> '{is,history_start,skipped}')::int, 0)
        ) m) AS history
    FROM conversations c WHERE c.learner_id = :learner AND c.address <> :here
    ORDER BY (c.state #>> '{is,quiz}' IS NOT NULL OR coalesce(c.state #>> '{is,course}', '') <> '') DESC, c.updated_at DESC
    LIMIT 1
    """
)
_AT_REST = text(
    """
    SELECT FROM conversations
    WHERE address = :address AND version = :version AND (lease_until IS NULL OR lease_until <= :now)
    """
)


class PostgresPeople:
    """`core.ports.person.People` and `Places`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self, learner: str) -> PersonSummary:
        async with self._database.begin() as connection:
            return await summarise(connection, learner)

    async def part(self, learner: Learner, sender: Sender, here: Address, *, event: str) -> UnlinkedPerson | None:
        now = self._clock.now()
        given = {
            "learner": learner.id,
            "channel": wire.clean(here.channel),
            "sender": wire.clean(sender.id),
            "name": wire.clean(sender.name),
            "here": str(here),
            "chat": str(here).split(":")[1],
            "fresh": self._clock.id(),
            "event": wire.clean(event),
            "now": now,
        }
        async with self._database.begin() as connection:
            if done := (await connection.execute(_DONE, given)).first():
                return await _parted(connection, learner.id, str(done.previous_learner_id))
            if (await connection.execute(_OTHERS, given)).first() is None:
                return None
            for statement in (_FRESH, _IDENTITY, _CONVERSATIONS, _NOTED):
                await connection.execute(statement, given)
            await connection.execute(STALE, {"learner": learner.id, "stale": stale(now)})
            return await _parted(connection, str(given["fresh"]), learner.id)

    async def besides(self, learner: str, sender: Sender, here: Address) -> tuple[str, ...]:
        asked = {"learner": learner, "channel": wire.clean(here.channel), "sender": wire.clean(sender.id)}
        return tuple(row.channel for row in await self._database.run(_OTHERS, asked))

    async def elsewhere(self, learner: Learner, here: Address) -> Conversation | None:
        asked = {"learner": learner.id, "here": str(here), "recent": RECENT}
        rows = await self._database.run(_ELSEWHERE, asked)
        return _conversation(rows[0], learner) if rows else None

    async def at_rest(self, there: Conversation) -> bool:
        given = {"address": str(there.address), "version": there.version, "now": self._clock.now()}
        return bool(await self._database.run(_AT_REST, given))


async def summarise(connection: AsyncConnection, learner: str) -> PersonSummary:
    """What is kept of a learner; of one that is not known, nothing."""
    row = (await connection.execute(_STANDING, {"learner": learner})).one_or_none()
    if row is None:
        return PersonSummary(name="", channels=())
    return PersonSummary(
        name=row.name,
        channels=tuple(row.channels),
        cards=row.cards,
        courses=row.courses,
        documents=row.documents,
        messages=row.messages,
    )


async def learner_of(connection: AsyncConnection, learner: str) -> Learner:
    row = (await connection.execute(_LEARNER, {"learner": learner})).one()
    return Learner(id=row.id, name=row.name, locale=row.locale, zone=row.zone, voice=row.voice)


async def _parted(connection: AsyncConnection, learner: str, other: str) -> UnlinkedPerson:
    channels = (await connection.execute(_CHANNELS, {"learner": other})).scalars()
    return UnlinkedPerson(learner=await learner_of(connection, learner), channels=tuple(channels))


def _conversation(row: Row[Any], learner: Learner) -> Conversation:
    state = wire.load_state(row.state)
    return Conversation.of(
        state,
        address=Address.parse(row.address),
        learner=learner,
        history=history(row.history or (), state.history_start),
        version=row.version,
    )
