"""Codes that join one person's platforms, and the joining."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import Learner
from core.ports.person import LinkDenial, PersonSummary
from core.reply import Reply
from storage.engine.database import Database
from storage.people.people import learner_of, summarise
from storage.people.privacy import STALE, stale

VALID = timedelta(minutes=10)
MAX_ATTEMPTS = 5
WINDOW = timedelta(hours=1)
_HALF = 16

_OFFER = text(
    """
    INSERT INTO link_codes (learner_id, selector, verifier, expires_at) VALUES (:learner, :selector, :verifier, :until)
    ON CONFLICT (learner_id) DO UPDATE SET selector = excluded.selector, verifier = excluded.verifier,
        expires_at = excluded.expires_at, claimed_by = NULL
    """
)
_TRY = text(
    """
    INSERT INTO link_attempts (learner_id, attempts, window_start) VALUES (:learner, 1, :now)
    ON CONFLICT (learner_id) DO UPDATE SET
        attempts = CASE WHEN link_attempts.window_start <= :before THEN 1 ELSE link_attempts.attempts + 1 END,
        window_start = CASE WHEN link_attempts.window_start <= :before THEN excluded.window_start ELSE link_attempts.window_start END
    RETURNING attempts
    """
)
_FIND = text(
    """
    SELECT learner_id, verifier FROM link_codes
    WHERE selector = :selector AND expires_at > :now AND (claimed_by IS NULL OR claimed_by = :learner) FOR UPDATE
    """
)
_LET_GO = text("DELETE FROM link_codes WHERE claimed_by = :learner")
_CLAIM = text("UPDATE link_codes SET claimed_by = :learner, expires_at = :until WHERE learner_id = :owner")

_SPEND = text("DELETE FROM link_codes WHERE selector = :selector AND verifier = :verifier AND claimed_by IS NULL")

_DONE = text(
    "SELECT learner_id FROM link_events WHERE event_id = :event AND learner_id = :learner AND previous_learner_id IS NULL"
)
_NOTED = text("INSERT INTO link_events (event_id, learner_id, at) VALUES (:event, :owner, :now)")
_CLAIMS = text("SELECT learner_id FROM link_codes WHERE claimed_by = :learner AND expires_at > :now")
# A turn that closes locks its conversation and then its learner, and who is forgotten takes their code along after both;
# so does this, or two could wait for each other, such as those who join each other at once.
_LOCK = (
    text("SELECT FROM conversations WHERE learner_id = :guest OR learner_id = :owner ORDER BY address FOR UPDATE"),
    text("SELECT FROM learners WHERE id = :guest OR id = :owner ORDER BY id FOR UPDATE"),
)
_CLAIMED = text(
    "DELETE FROM link_codes WHERE claimed_by = :guest AND learner_id = :owner AND expires_at > :now RETURNING learner_id"
)

# What only one of many in a place is shown cannot be sent to them unasked.
_PLACE = text(
    """
    SELECT address FROM conversations WHERE learner_id = :owner
    ORDER BY split_part(address, ':', 3) LIKE '@%', updated_at DESC LIMIT 1
    """
)
_TELL = text(
    """
    INSERT INTO outbound (id, address, payload, due_at, created_at)
    VALUES (:id, :place, CAST(:payload AS jsonb), :now, :now)
    """
)
# What a turn elsewhere puts down before it ends would belong to nobody; `storage.maintenance.expiry` looks for it.
_STRAYS = text(
    """
    INSERT INTO forget_receipts (address, outbound_id, at)
    SELECT :mark, '', :now WHERE EXISTS (
        SELECT FROM conversations WHERE learner_id = :guest AND address <> :here AND lease_until > :now)
    """
)
_TAKEN_AGAIN = text(
    """
    UPDATE conversations SET version = version + 1, lease_token = NULL, lease_until = NULL
    WHERE learner_id = :guest AND address <> :here
    """
)

# Of two cards for one word the one with more reviews stays, then the one reviewed last, then the owner's.
_MERGE = tuple(
    text(statement)
    for statement in (
        """
        WITH heard AS (
            SELECT c.learner_id, c.key, c.reps, (SELECT max(r.at) FROM reviews r
                WHERE r.learner_id = c.learner_id AND r.card = c.key) AS last
            FROM cards c WHERE c.learner_id IN (:guest, :owner)
        ), lost AS (
            SELECT CASE WHEN (g.reps, coalesce(g.last, '-infinity')) > (o.reps, coalesce(o.last, '-infinity'))
                THEN CAST(:owner AS text) ELSE CAST(:guest AS text) END AS learner_id, g.key
            FROM heard g JOIN heard o ON o.key = g.key AND g.learner_id = :guest AND o.learner_id = :owner
        )
        DELETE FROM cards USING lost WHERE cards.learner_id = lost.learner_id AND cards.key = lost.key
        """,
        "UPDATE cards SET learner_id = :owner WHERE learner_id = :guest",
        "UPDATE reviews SET learner_id = :owner WHERE learner_id = :guest",
        """
        WITH lost AS (
            SELECT CASE WHEN g.score > o.score THEN o.learner_id ELSE g.learner_id END AS learner_id, g.course, g.unit
            FROM unit_progress g JOIN unit_progress o USING (course, unit) WHERE g.learner_id = :guest AND o.learner_id = :owner
        )
        DELETE FROM unit_progress u USING lost l
        WHERE u.learner_id = l.learner_id AND u.course = l.course AND u.unit = l.unit
        """,
        "UPDATE unit_progress SET learner_id = :owner WHERE learner_id = :guest",
        """
        WITH lost AS (
            SELECT CASE WHEN g.state = 'ready' AND o.state <> 'ready' THEN o.id ELSE g.id END AS id
            FROM sources g JOIN sources o USING (uri) WHERE g.owner = :guest AND o.owner = :owner
        )
        DELETE FROM sources USING lost WHERE sources.id = lost.id
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


class PostgresLinkCodes:
    """`core.ports.person.Links`. `key` makes the hashes of codes worthless to who only has the database."""

    def __init__(self, *, database: Database, clock: Clock, key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._key = key

    async def offer(self, learner: str, code: str) -> None:
        selector, verifier = self._hashed(code)
        until = self._clock.now() + VALID
        given = {"learner": learner, "selector": selector, "verifier": verifier, "until": until}
        await self._database.run(_OFFER, given)

    async def claim(self, learner: str, code: str) -> PersonSummary | LinkDenial:
        now = self._clock.now()
        async with self._database.begin() as connection:
            tried = {"learner": learner, "now": now, "before": now - WINDOW}
            if (await connection.execute(_TRY, tried)).scalar_one() > MAX_ATTEMPTS:
                return "tired"
            owner = await self._owner(connection, learner, code)
            if owner is None:
                return "unknown"
            if owner == learner:
                return "own"
            await connection.execute(_CLAIM, {"learner": learner, "owner": owner, "until": now + VALID})
            return await summarise(connection, owner)

    async def decline(self, learner: str) -> None:
        await self._database.run(_LET_GO, {"learner": learner})

    async def spend(self, code: str) -> None:
        selector, verifier = self._hashed(code)
        await self._database.run(_SPEND, {"selector": selector, "verifier": verifier})

    async def join(
        self, learner: str, *, here: Address, event: str, told: Callable[[Learner], Reply]
    ) -> Learner | None:
        given = {"learner": learner, "event": wire.clean(event), "here": str(here), "now": self._clock.now()}
        async with self._database.begin() as connection:
            if (await connection.execute(_DONE, given)).first() is not None:
                return await learner_of(connection, learner)
            claims = await connection.execute(_CLAIMS, given)
            if (owner := claims.scalar_one_or_none()) is None:
                return None
            return await self._joined(connection, given | {"guest": learner, "owner": owner}, told)

    async def _joined(
        self, connection: AsyncConnection, pair: dict[str, Any], told: Callable[[Learner], Reply]
    ) -> Learner | None:
        for statement in _LOCK:
            await connection.execute(statement, pair)
        if (await connection.execute(_CLAIMED, pair)).first() is None:
            return None
        place = (await connection.execute(_PLACE, pair)).scalar_one_or_none()
        for statement in (_STRAYS, _TAKEN_AGAIN):
            await connection.execute(statement, pair | {"mark": self._clock.id()})
        for statement in (*_MERGE, _NOTED):
            await connection.execute(statement, pair)
        await connection.execute(STALE, {"learner": pair["owner"], "stale": stale(pair["now"])})
        learner = await learner_of(connection, pair["owner"])
        if place is not None:
            note = {"id": self._clock.id(), "place": place, "payload": wire.dump_reply(told(learner))}
            await connection.execute(_TELL, note | {"now": pair["now"]})
        return learner

    async def _owner(self, connection: AsyncConnection, learner: str, code: str) -> str | None:
        """Whose code it is: found by one half of its hash, compared by the other in constant time."""
        selector, verifier = self._hashed(code)
        asked = {"selector": selector, "now": self._clock.now(), "learner": learner}
        row = (await connection.execute(_FIND, asked)).one_or_none()
        if row is None or not hmac.compare_digest(bytes(row.verifier), verifier):
            return None
        await connection.execute(
            text("UPDATE link_codes SET claimed_by = NULL WHERE claimed_by = :learner AND learner_id <> :owner"),
            {"learner": learner, "owner": row.learner_id},
        )
        return str(row.learner_id)

    def _hashed(self, code: str) -> tuple[bytes, bytes]:
        digest = hmac.digest(self._key, b"link\0" + code.encode(errors="replace"), sha256)
        return digest[:_HALF], digest[_HALF:]
