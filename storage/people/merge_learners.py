"""Merge one learner (the guest) into another (the owner of a claimed link code)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.clock import Clock
from core.conversation import Learner
from core.reply import Reply
from storage.people.export_reuse import end_reuse
from storage.people.people import select_learner
from storage.rows.outbound import queue_outbound

_LINKED_BY = text(
    """
    SELECT learner_id FROM link_events
    WHERE event_id = :event AND learner_id = :learner AND previous_learner_id IS NULL
    """
)
_ADD_LINK_EVENT = text("INSERT INTO link_events (event_id, learner_id, at) VALUES (:event, :owner, :now)")

# Every transaction that locks several of these rows takes conversations first, then learners, then link codes, each in
# the order of their ids: closing a turn, forgetting a person, and this one. Otherwise two of them could deadlock, such
# as those of two people who link to each other at the same time.
_LOCK = (
    text("SELECT FROM conversations WHERE learner_id = :guest OR learner_id = :owner ORDER BY address FOR UPDATE"),
    text("SELECT FROM learners WHERE id = :guest OR id = :owner ORDER BY id FOR UPDATE"),
)
# The claim is checked again under the locks: another transaction may have used or deleted the code meanwhile.
_USE_CODE = text(
    "DELETE FROM link_codes WHERE claimed_by = :guest AND learner_id = :owner AND expires_at > :now RETURNING learner_id"
)

# An address whose thread starts with @ shows messages to one member of a place (ephemeral), which needs an interaction
# first: it is the last resort for a message that nobody asked for.
_LAST_ADDRESS = text(
    """
    SELECT address FROM conversations WHERE learner_id = :owner
    ORDER BY split_part(address, ':', 3) LIKE '@%', updated_at DESC LIMIT 1
    """
)
# A turn of the guest that is running elsewhere may still store blobs and sources for the deleted learner; the mark makes
# `storage.maintenance.expiry` look for them.
_MARK_LATE_WRITES = text(
    """
    INSERT INTO forget_receipts (address, outbound_id, at)
    SELECT :mark, '', :now WHERE EXISTS (
        SELECT FROM conversations WHERE learner_id = :guest AND address <> :here AND lease_until > :now)
    """
)
# Supersedes the guest's other turns. Their events stay unhandled, so that they are claimed again for the owner.
_SUPERSEDE_TURNS = text(
    """
    UPDATE conversations SET version = version + 1, lease_token = NULL, lease_until = NULL
    WHERE learner_id = :guest AND address <> :here
    """
)

# Both may have a card for one word, a score for one unit, a source with one uri. Of two cards the one with more reviews
# stays, then the one reviewed last, then the owner's; of two scores the higher one; of two sources the owner's, unless
# only the guest's is ready.
_MERGE = tuple(
    text(statement)
    for statement in (
        """
        WITH reviewed AS (
            SELECT c.learner_id, c.key, c.reps, (SELECT max(r.at) FROM reviews r
                WHERE r.learner_id = c.learner_id AND r.card = c.key) AS last
            FROM cards c WHERE c.learner_id IN (:guest, :owner)
        ), duplicate AS (
            SELECT CASE WHEN (g.reps, coalesce(g.last, '-infinity')) > (o.reps, coalesce(o.last, '-infinity'))
                THEN CAST(:owner AS text) ELSE CAST(:guest AS text) END AS learner_id, g.key
            FROM reviewed g JOIN reviewed o ON o.key = g.key AND g.learner_id = :guest AND o.learner_id = :owner
        )
        DELETE FROM cards USING duplicate d WHERE cards.learner_id = d.learner_id AND cards.key = d.key
        """,
        "UPDATE cards SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE reviews SET learner_id = :owner WHERE learner_id = :guest",
        """
        WITH duplicate AS (
            SELECT CASE WHEN g.score > o.score THEN o.learner_id ELSE g.learner_id END AS learner_id, g.course, g.unit
            FROM unit_progress g JOIN unit_progress o USING (course, unit)
            WHERE g.learner_id = :guest AND o.learner_id = :owner
        )
        DELETE FROM unit_progress u USING duplicate d
        WHERE u.learner_id = d.learner_id AND u.course = d.course AND u.unit = d.unit
        """,
        "UPDATE unit_progress SET learner_id = :owner WHERE learner_id = :guest",
        """
        WITH duplicate AS (
            SELECT CASE WHEN g.state = 'ready' AND o.state <> 'ready' THEN o.id ELSE g.id END AS id
            FROM sources g JOIN sources o USING (uri) WHERE g.owner = :guest AND o.owner = :owner
        )
        DELETE FROM sources USING duplicate d WHERE sources.id = d.id
        """,
        "UPDATE sources SET owner = :owner WHERE owner = :guest",
        "UPDATE vectors SET owner = :owner WHERE owner = :guest",
        "UPDATE postings SET owner = :owner WHERE owner = :guest",
        "UPDATE turns SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE conversations SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE identities SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE downloads SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE ratings SET learner_id = :owner WHERE learner_id = :guest",
        """
        UPDATE learners o SET name = coalesce(nullif(o.name, ''), g.name), locale = coalesce(nullif(o.locale, ''), g.locale),
            zone = coalesce(nullif(o.zone, 'UTC'), g.zone), voice = coalesce(nullif(o.voice, 'auto'), g.voice)
        FROM learners g WHERE o.id = :owner AND g.id = :guest
        """,
        "DELETE FROM learners WHERE id = :guest",
    )
)


async def linked_by(connection: AsyncConnection, event: str, learner: str) -> bool:
    """Whether this event has already merged another learner into this one."""
    return (await connection.execute(_LINKED_BY, {"event": event, "learner": learner})).first() is not None


async def merge(
    connection: AsyncConnection, clock: Clock, parameters: dict[str, Any], notice: Callable[[Learner], Reply]
) -> Learner | None:
    """Merge the `guest` into the `owner` whose code they claimed, and return the owner; `None` if the claim has ended.

    `parameters` also has the `event` that asked for it, the address `here` where it was handled, and `now`. The
    `notice` is queued where the owner wrote last.
    """
    for statement in _LOCK:
        await connection.execute(statement, parameters)
    if (await connection.execute(_USE_CODE, parameters)).first() is None:
        return None
    owner, now = parameters["owner"], parameters["now"]
    address = (await connection.execute(_LAST_ADDRESS, parameters)).scalar_one_or_none()
    await connection.execute(_MARK_LATE_WRITES, parameters | {"mark": clock.id()})
    for statement in (_SUPERSEDE_TURNS, *_MERGE, _ADD_LINK_EVENT):
        await connection.execute(statement, parameters)
    await end_reuse(connection, owner, now)
    learner = await select_learner(connection, owner)
    if address is not None:
        await queue_outbound(connection, outbound_id=clock.id(), address=address, reply=notice(learner), now=now)
    return learner
