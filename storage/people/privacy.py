"""A person's records handed to them, and a person forgotten with a receipt as the last word."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core import wire
from core.address import Address
from core.clock import Clock
from core.media import Media
from core.ports.person import Forgotten
from core.reply import Reply
from storage.engine.database import Database
from storage.engine.errors import map_driver_errors
from storage.messaging.blobs import PostgresBlobs
from storage.people.export_zip import MIME, build_zip
from storage.people.personal_data import PersonalData, delete_rows, find_scope

PATH = "/file"
KEPT = timedelta(days=1)
FRESH = timedelta(minutes=10)
"""Who asks again so soon is given the same file."""
MOST = 100_000_000
"""Bytes of files that go into one; with 140 % of that in memory while it is made."""

# Whoever closes a turn locks its conversation first, and then its learner.
_CONVERSATIONS = text("SELECT FROM conversations WHERE learner_id = :learner ORDER BY address FOR UPDATE")
_KNOWN = text("SELECT id FROM learners WHERE id = :learner FOR UPDATE")
_FEEDS = text("SELECT address, max(seq) AS seq FROM feed WHERE address = ANY(:addresses) GROUP BY address")
# Who has a page open goes on counting lines from the last one seen.
_MARK = text("INSERT INTO feed (address, seq, key, body, at) VALUES (:address, :seq, 'forgotten', '{}', :now)")
_RECEIPT = text(
    """
    INSERT INTO outbound (id, address, payload, due_at, created_at)
    VALUES (:id, :address, CAST(:payload AS jsonb), :now, :now)
    """
)
# One that names no place only remembers that somebody was forgotten then.
_FAREWELL = text(
    """
    INSERT INTO forget_receipts (address, outbound_id, at) VALUES (:address, :outbound_id, :now)
    ON CONFLICT (address) DO UPDATE SET outbound_id = excluded.outbound_id, at = excluded.at
    """
)
_HAND_OUT = text(
    """
    INSERT INTO downloads (token_digest, learner_id, blob, name, downloaded, expires_at)
    SELECT :digest, id, :blob, :name, false, :until FROM learners WHERE id = :learner
    """
)
_MADE = text(
    """
    SELECT h.blob, h.name, length(b.data) AS size FROM downloads h JOIN blobs b ON b.key = h.blob
    WHERE h.learner_id = :learner AND NOT h.downloaded AND h.expires_at > :until ORDER BY h.expires_at DESC LIMIT 1
    """
)
STALE = text("UPDATE downloads SET expires_at = least(expires_at, :stale) WHERE learner_id = :learner")
"""Have the next who asks given a new file, as what is kept of them has become more or less; see `stale`."""
# Who asks again and again would fill the disk.
_REPLACED = text(
    """
    WITH kept AS (
        SELECT token_digest, blob FROM downloads WHERE learner_id = :learner ORDER BY expires_at DESC LIMIT 1
    ), ended AS (
        DELETE FROM downloads WHERE learner_id = :learner AND token_digest NOT IN (SELECT token_digest FROM kept) RETURNING blob
    )
    DELETE FROM blobs USING ended WHERE key = ended.blob AND key NOT IN (SELECT blob FROM kept)
    """
)
_LINKED = text("UPDATE downloads SET token_digest = :digest WHERE blob = :blob AND NOT downloaded RETURNING blob")
_WAITS = text("SELECT FROM downloads WHERE token_digest = :digest AND NOT downloaded AND expires_at > :now")
_TAKE = text(
    """
    UPDATE downloads h SET downloaded = true FROM blobs b
    WHERE h.token_digest = :digest AND NOT h.downloaded AND h.expires_at > :now AND b.key = h.blob RETURNING b.data, h.name
    """
)


class PostgresPrivacy:
    """`core.ports.person.Records` and `Handouts`. `base` is the address of our site, empty where nobody can reach it."""

    def __init__(self, *, database: Database, blobs: PostgresBlobs, clock: Clock, base: str) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._base = base
        self._records = PersonalData(database)
        # Both look through whole tables, and a file is in memory while it is made: of many who ask at once, one after the other.
        self._alone = asyncio.Lock()

    async def pack(self, learner: str) -> Media:
        async with self._alone:
            return await self._packed(learner)

    async def _packed(self, learner: str) -> Media:
        now = self._clock.now()
        if made := await self._database.run(_MADE, {"learner": learner, "until": stale(now)}):
            return Media(ref=made[0].blob, mime=MIME, name=made[0].name, size=made[0].size)
        await self._database.run(_REPLACED, {"learner": learner})
        records = await self._records.export(learner, most=MOST)
        data = await asyncio.to_thread(build_zip, records, now)
        name = f"sona-{now:%Y-%m-%d}.zip"
        given = {"learner": learner, "digest": _digest(secrets.token_urlsafe(32)), "name": name, "until": now + KEPT}
        ref = await self._blobs.put(data, mime=MIME)
        await self._database.run(_HAND_OUT, given | {"blob": ref})
        return Media(ref=ref, mime=MIME, name=name, size=len(data))

    async def link(self, media: Media) -> str:
        if not self._base:
            return ""
        token = secrets.token_urlsafe(32)
        linked = await self._database.run(_LINKED, {"digest": _digest(token), "blob": media.ref})
        return f"{self._base.rstrip('/')}{PATH}/{token}" if linked else ""

    async def waits(self, token: str) -> bool:
        return bool(await self._database.run(_WAITS, {"digest": _digest(token), "now": self._clock.now()}))

    async def take(self, token: str) -> tuple[bytes, str] | None:
        rows = await self._database.run(_TAKE, {"digest": _digest(token), "now": self._clock.now()})
        return (bytes(rows[0].data), rows[0].name) if rows else None

    async def forget(self, learner: str, here: Address, told: Callable[[Forgotten], Reply]) -> Forgotten | None:
        async with self._alone:
            return await self._forgotten(learner, here, told)

    async def _forgotten(self, learner: str, here: Address, told: Callable[[Forgotten], Reply]) -> Forgotten | None:
        with map_driver_errors():
            async with self._database.begin() as connection:
                await connection.execute(_CONVERSATIONS, {"learner": learner})
                if (await connection.execute(_KNOWN, {"learner": learner})).first() is None:
                    return None
                found = await find_scope(connection, learner)
                feeds = (await connection.execute(_FEEDS, {"addresses": list(found.addresses)})).all()
                counts = await delete_rows(connection, found, today=self._clock.now().date())
                forgotten = self._told(counts, found.addresses)
                outbound = await self._receipt(connection, here, told(forgotten))
                for feed in feeds:
                    marked = {"address": feed.address, "seq": feed.seq, "now": forgotten.at}
                    await connection.execute(_MARK, marked)
                ends = {self._clock.id(): "", **{feed.address: "" for feed in feeds}, str(here): outbound}
                for place, word in ends.items():
                    await connection.execute(_FAREWELL, {"address": place, "outbound_id": word, "now": forgotten.at})
                return forgotten

    def _told(self, counts: dict[str, int], addresses: tuple[str, ...]) -> Forgotten:
        return Forgotten(
            records=sum(counts.values()),
            messages=counts.get("messages", 0),
            cards=counts.get("cards", 0),
            documents=counts.get("sources", 0),
            files=counts.get("blobs", 0),
            at=self._clock.now(),
            addresses=tuple(Address.parse(address) for address in addresses),
        )

    async def _receipt(self, connection: AsyncConnection, here: Address, reply: Reply) -> str:
        outbound = self._clock.id()
        given = {"id": outbound, "address": str(here), "payload": wire.dump_reply(reply), "now": self._clock.now()}
        await connection.execute(_RECEIPT, given)
        return outbound


def stale(now: datetime) -> datetime:
    """Until when a file may be loaded that nobody else is given any more."""
    return now + KEPT - FRESH


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
