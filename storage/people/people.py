"""What is stored about a person, unlinking one of their channels, and their other conversations."""

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
from storage.people.export_reuse import end_reuse
from storage.rows.history import history_sql, read_history
from storage.rows.learner import LEARNER_COLUMNS, read_learner

RECENT_MESSAGES = 12
"""Messages of another conversation that show what it was about."""

_SUMMARY = text(
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
_LEARNER = text(f"SELECT {LEARNER_COLUMNS} FROM learners l WHERE l.id = :learner")  # noqa: S608 - a constant
_OTHER_CHANNELS = text(
    """
    SELECT DISTINCT channel FROM identities
    WHERE learner_id = :learner AND (channel, sender) <> (:channel, :sender) ORDER BY channel
    """
)
_CHANNELS = text("SELECT DISTINCT channel FROM identities WHERE learner_id = :learner ORDER BY channel")
_ADD_LEARNER = text(
    """
    INSERT INTO learners (id, name, locale, zone, voice, created_at)
    SELECT :fresh, :name, locale, zone, voice, :now FROM learners WHERE id = :learner
    """
)
_MOVE_IDENTITY = text(
    """
    UPDATE identities SET learner_id = :fresh
    WHERE channel = :channel AND sender = :sender AND learner_id = :learner RETURNING sender
    """
)
# Where the sender who started a conversation is unknown, it moves if it is in the same chat: all threads of a private
# chat belong to one person. Not so the threads that start with @, each of which one member of a shared place sees.
_MOVE_CONVERSATIONS = text(
    """
    UPDATE conversations c SET learner_id = :fresh
    WHERE c.learner_id = :learner AND split_part(c.address, ':', 1) = :channel AND (c.address = :here OR c.sender = :sender
        OR (c.sender = '' AND split_part(c.address, ':', 2) = :chat AND split_part(c.address, ':', 3) NOT LIKE '@%'))
    """
)
_UNLINKED_BY = text(
    """
    SELECT previous_learner_id FROM link_events
    WHERE event_id = :event AND learner_id = :learner AND previous_learner_id IS NOT NULL
    """
)
_ADD_LINK_EVENT = text(
    """
    INSERT INTO link_events (event_id, learner_id, previous_learner_id, at) VALUES (:event, :fresh, :learner, :now)
    """
)
_ELSEWHERE = text(
    f"""
    SELECT c.address, c.state, c.version, ({history_sql("c", "recent")}) AS history
    FROM conversations c WHERE c.learner_id = :learner AND c.address <> :here
    ORDER BY (c.state #>> '{{is,quiz}}' IS NOT NULL OR coalesce(c.state #>> '{{is,course}}', '') <> '') DESC, c.updated_at DESC
    LIMIT 1
    """  # noqa: S608 - constants only
)
_AT_REST = text(
    """
    SELECT FROM conversations
    WHERE address = :address AND version = :version AND (lease_until IS NULL OR lease_until <= :now)
    """
)


class PostgresPeople:
    """`core.ports.person.People` and `OtherConversations`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def standing(self, learner: str) -> PersonSummary:
        async with self._database.begin() as connection:
            return await summarise(connection, learner)

    async def part(self, learner: Learner, sender: Sender, here: Address, *, event: str) -> UnlinkedPerson | None:
        now = self._clock.now()
        parameters = {
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
            if done := (await connection.execute(_UNLINKED_BY, parameters)).first():
                return await _unlinked(connection, learner.id, str(done.previous_learner_id))
            if (await connection.execute(_OTHER_CHANNELS, parameters)).first() is None:
                return None
            for statement in (_ADD_LEARNER, _MOVE_IDENTITY, _MOVE_CONVERSATIONS, _ADD_LINK_EVENT):
                await connection.execute(statement, parameters)
            await end_reuse(connection, learner.id, now)
            return await _unlinked(connection, str(parameters["fresh"]), learner.id)

    async def besides(self, learner: str, sender: Sender, here: Address) -> tuple[str, ...]:
        parameters = {"learner": learner, "channel": wire.clean(here.channel), "sender": wire.clean(sender.id)}
        return tuple(row.channel for row in await self._database.run(_OTHER_CHANNELS, parameters))

    async def elsewhere(self, learner: Learner, here: Address) -> Conversation | None:
        parameters = {"learner": learner.id, "here": str(here), "recent": RECENT_MESSAGES}
        rows = await self._database.run(_ELSEWHERE, parameters)
        return _conversation(rows[0], learner) if rows else None

    async def at_rest(self, there: Conversation) -> bool:
        parameters = {"address": str(there.address), "version": there.version, "now": self._clock.now()}
        return bool(await self._database.run(_AT_REST, parameters))


async def summarise(connection: AsyncConnection, learner: str) -> PersonSummary:
    """The learner's summary; an empty one if there is no such learner."""
    row = (await connection.execute(_SUMMARY, {"learner": learner})).one_or_none()
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


async def select_learner(connection: AsyncConnection, learner: str) -> Learner:
    return read_learner((await connection.execute(_LEARNER, {"learner": learner})).one())


async def _unlinked(connection: AsyncConnection, learner: str, previous: str) -> UnlinkedPerson:
    channels = (await connection.execute(_CHANNELS, {"learner": previous})).scalars()
    return UnlinkedPerson(learner=await select_learner(connection, learner), channels=tuple(channels))


def _conversation(row: Row[Any], learner: Learner) -> Conversation:
    state = wire.load_state(row.state)
    return Conversation.of(
        state,
        address=Address.parse(row.address),
        learner=learner,
        history=read_history(row.history or (), state.history_start),
        version=row.version,
    )
