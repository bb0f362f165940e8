"""Link codes, which merge the learners of one person's channels."""

import hmac
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import Learner
from core.ports.person import LinkDenial, PersonSummary
from core.reply import Reply
from storage.engine.database import Database
from storage.people.merge_learners import linked_by, merge
from storage.people.people import select_learner, summarise

VALIDITY = timedelta(minutes=10)
MAX_ATTEMPTS = 5
WINDOW = timedelta(hours=1)
"""Five attempts an hour against 31⁸ codes of which few are valid; see `docs/decisions/0016`."""
_SELECTOR_BYTES = 16
"""Half of the SHA-256 hash."""

_OFFER = text(
    """
    INSERT INTO link_codes (learner_id, selector, verifier, expires_at)
    VALUES (:learner, :selector, :verifier, :expires)
    ON CONFLICT (learner_id) DO UPDATE SET selector = excluded.selector, verifier = excluded.verifier,
        expires_at = excluded.expires_at, claimed_by = NULL
    """
)
# Counted in the transaction of the claim, so that concurrent guesses wait for each other's count.
_COUNT_ATTEMPT = text(
    """
    INSERT INTO link_attempts (learner_id, attempts, window_start) VALUES (:learner, 1, :now)
    ON CONFLICT (learner_id) DO UPDATE SET
        attempts = CASE WHEN link_attempts.window_start <= :before THEN 1 ELSE link_attempts.attempts + 1 END,
        window_start = CASE WHEN link_attempts.window_start <= :before
            THEN excluded.window_start ELSE link_attempts.window_start END
    RETURNING attempts
    """
)
_FIND = text(
    """
    SELECT learner_id, verifier FROM link_codes
    WHERE selector = :selector AND expires_at > :now AND (claimed_by IS NULL OR claimed_by = :learner) FOR UPDATE
    """
)
_UNCLAIM_OTHERS = text("UPDATE link_codes SET claimed_by = NULL WHERE claimed_by = :learner AND learner_id <> :owner")
_CLAIM = text("UPDATE link_codes SET claimed_by = :learner, expires_at = :expires WHERE learner_id = :owner")
_DECLINE = text("DELETE FROM link_codes WHERE claimed_by = :learner")
_SPEND = text("DELETE FROM link_codes WHERE selector = :selector AND verifier = :verifier AND claimed_by IS NULL")
_CLAIMED = text("SELECT learner_id FROM link_codes WHERE claimed_by = :learner AND expires_at > :now")


class PostgresLinkCodes:
    """`core.ports.person.LinkCodes`. Codes are stored as hashes under `key`, which the database does not contain."""

    def __init__(self, *, database: Database, clock: Clock, key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._key = key

    async def offer(self, learner: str, code: str) -> None:
        selector, verifier = self._hashed(code)
        expires = self._clock.now() + VALIDITY
        parameters = {"learner": learner, "selector": selector, "verifier": verifier, "expires": expires}
        await self._database.run(_OFFER, parameters)

    async def claim(self, learner: str, code: str) -> PersonSummary | LinkDenial:
        now = self._clock.now()
        async with self._database.begin() as connection:
            attempt = {"learner": learner, "now": now, "before": now - WINDOW}
            if (await connection.execute(_COUNT_ATTEMPT, attempt)).scalar_one() > MAX_ATTEMPTS:
                return "tired"
            owner = await self._owner(connection, learner, code)
            if owner is None:
                return "unknown"
            if owner == learner:
                return "own"
            await connection.execute(_CLAIM, {"learner": learner, "owner": owner, "expires": now + VALIDITY})
            return await summarise(connection, owner)

    async def decline(self, learner: str) -> None:
        await self._database.run(_DECLINE, {"learner": learner})

    async def spend(self, code: str) -> None:
        selector, verifier = self._hashed(code)
        await self._database.run(_SPEND, {"selector": selector, "verifier": verifier})

    async def join(
        self, learner: str, *, here: Address, event: str, told: Callable[[Learner], Reply]
    ) -> Learner | None:
        now, event = self._clock.now(), wire.clean(event)
        async with self._database.begin() as connection:
            if await linked_by(connection, event, learner):
                return await select_learner(connection, learner)
            claimed = await connection.execute(_CLAIMED, {"learner": learner, "now": now})
            if (owner := claimed.scalar_one_or_none()) is None:
                return None
            parameters = {"guest": learner, "owner": owner, "event": event, "here": str(here), "now": now}
            return await merge(connection, self._clock, parameters, told)

    async def _owner(self, connection: AsyncConnection, learner: str, code: str) -> str | None:
        """The learner who offered the code. The selector finds the row; the verifier is compared in constant time."""
        selector, verifier = self._hashed(code)
        parameters = {"selector": selector, "now": self._clock.now(), "learner": learner}
        row = (await connection.execute(_FIND, parameters)).one_or_none()
        if row is None or not hmac.compare_digest(bytes(row.verifier), verifier):
            return None
        await connection.execute(_UNCLAIM_OTHERS, {"learner": learner, "owner": row.learner_id})
        return str(row.learner_id)

    def _hashed(self, code: str) -> tuple[bytes, bytes]:
        digest = hmac.digest(self._key, b"link\0" + code.encode(errors="replace"), sha256)
        return digest[:_SELECTOR_BYTES], digest[_SELECTOR_BYTES:]
