"""Export a person's data as a file, and forget a person."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.address import Address
from core.clock import Clock
from core.media import Media
from core.ports.blobs import Blobs
from core.ports.person import Forgotten
from core.reply import Reply
from storage.engine.database import Database
from storage.engine.errors import map_driver_errors
from storage.people.export_reuse import LIFETIME, reusable_after
from storage.people.export_zip import MIME, build_zip
from storage.people.personal_data import PersonalData, delete_rows, find_scope
from storage.rows.outbound import queue_outbound

PATH = "/file"
MAX_BYTES = 100_000_000
"""Bytes of blobs in one export; building it takes about 140 % of that in memory."""

# Closing a turn locks its conversation first and then its learner; the same order here avoids deadlocks.
_LOCK_CONVERSATIONS = text("SELECT FROM conversations WHERE learner_id = :learner ORDER BY address FOR UPDATE")
_LOCK_LEARNER = text("SELECT id FROM learners WHERE id = :learner FOR UPDATE")
_LAST_ENTRIES = text("SELECT address, max(seq) AS seq FROM feed WHERE address = ANY(:addresses) GROUP BY address")
# An open web page continues from the last number it has seen: an empty entry keeps the number, so that the receipt gets
# the next one.
_KEEP_NUMBER = text("INSERT INTO feed (address, seq, key, body, at) VALUES (:address, :seq, 'forgotten', '{}', :now)")
# See `storage.tables.people` for the two kinds of rows, and `storage.maintenance.expiry` for what they cause.
_ADD_FORGET_RECEIPT = text(
    """
    INSERT INTO forget_receipts (address, outbound_id, at) VALUES (:address, :outbound_id, :now)
    ON CONFLICT (address) DO UPDATE SET outbound_id = excluded.outbound_id, at = excluded.at
    """
)
_ADD_DOWNLOAD = text(
    """
    INSERT INTO downloads (token_digest, learner_id, blob, name, downloaded, expires_at)
    SELECT :digest, id, :blob, :name, false, :expires FROM learners WHERE id = :learner
    """
)
_REUSABLE = text(
    """
    SELECT d.blob, d.name, length(b.data) AS size FROM downloads d JOIN blobs b ON b.key = d.blob
    WHERE d.learner_id = :learner AND NOT d.downloaded AND d.expires_at > :reusable_after
    ORDER BY d.expires_at DESC LIMIT 1
    """
)
# Keeps the newest file and deletes the others with their blobs: repeated requests would otherwise fill the disk.
_DELETE_OLDER = text(
    """
    WITH newest AS (
        SELECT token_digest, blob FROM downloads WHERE learner_id = :learner ORDER BY expires_at DESC LIMIT 1
    ), deleted AS (
        DELETE FROM downloads WHERE learner_id = :learner AND token_digest NOT IN (SELECT token_digest FROM newest)
        RETURNING blob
    )
    DELETE FROM blobs USING deleted WHERE key = deleted.blob AND key NOT IN (SELECT blob FROM newest)
    """
)
_SET_TOKEN = text("UPDATE downloads SET token_digest = :digest WHERE blob = :blob AND NOT downloaded RETURNING blob")
_WAITS = text("SELECT FROM downloads WHERE token_digest = :digest AND NOT downloaded AND expires_at > :now")
_TAKE = text(
    """
    UPDATE downloads d SET downloaded = true FROM blobs b
    WHERE d.token_digest = :digest AND NOT d.downloaded AND d.expires_at > :now AND b.key = d.blob
    RETURNING b.data, d.name
    """
)


class PostgresPrivacy:
    """`core.ports.person.PersonalRecords` and `Downloads`. `base` is the public URL of our site; empty if there is none."""

    def __init__(self, *, database: Database, blobs: Blobs, clock: Clock, base: str) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._base = base
        self._data = PersonalData(database)
        # One export or deletion at a time: both scan whole tables, and an export is built in memory.
        self._lock = asyncio.Lock()

    async def pack(self, learner: str) -> Media:
        async with self._lock:
            return await self._pack(learner)

    async def _pack(self, learner: str) -> Media:
        now = self._clock.now()
        if found := await self._database.run(_REUSABLE, {"learner": learner, "reusable_after": reusable_after(now)}):
            return Media(ref=found[0].blob, mime=MIME, name=found[0].name, size=found[0].size)
        await self._database.run(_DELETE_OLDER, {"learner": learner})
        records = await self._data.export(learner, max_bytes=MAX_BYTES)
        data = await asyncio.to_thread(build_zip, records, now)
        name = f"sona-{now:%Y-%m-%d}.zip"
        ref = await self._blobs.put(data, mime=MIME)
        # The token that `link` replaces is never shown: without a link the file cannot be downloaded.
        digest = _digest(secrets.token_urlsafe(32))
        parameters = {"learner": learner, "digest": digest, "blob": ref, "name": name, "expires": now + LIFETIME}
        await self._database.run(_ADD_DOWNLOAD, parameters)
        return Media(ref=ref, mime=MIME, name=name, size=len(data))

    async def link(self, media: Media) -> str:
        if not self._base:
            return ""
        token = secrets.token_urlsafe(32)
        linked = await self._database.run(_SET_TOKEN, {"digest": _digest(token), "blob": media.ref})
        return f"{self._base.rstrip('/')}{PATH}/{token}" if linked else ""

    async def waits(self, token: str) -> bool:
        return bool(await self._database.run(_WAITS, {"digest": _digest(token), "now": self._clock.now()}))

    async def take(self, token: str) -> tuple[bytes, str] | None:
        rows = await self._database.run(_TAKE, {"digest": _digest(token), "now": self._clock.now()})
        return (bytes(rows[0].data), rows[0].name) if rows else None

    async def forget(self, learner: str, here: Address, told: Callable[[Forgotten], Reply]) -> Forgotten | None:
        async with self._lock:
            with map_driver_errors():
                async with self._database.begin() as connection:
                    return await self._forget(connection, learner, here, told)

    async def _forget(
        self, connection: AsyncConnection, learner: str, here: Address, receipt: Callable[[Forgotten], Reply]
    ) -> Forgotten | None:
        await connection.execute(_LOCK_CONVERSATIONS, {"learner": learner})
        if (await connection.execute(_LOCK_LEARNER, {"learner": learner})).first() is None:
            return None
        scope = await find_scope(connection, learner)
        last_entries = (await connection.execute(_LAST_ENTRIES, {"addresses": list(scope.addresses)})).all()
        counts = await delete_rows(connection, scope, today=self._clock.now().date())
        forgotten = self._forgotten(counts, scope.addresses)
        receipt_id = self._clock.id()
        await queue_outbound(
            connection, outbound_id=receipt_id, address=str(here), reply=receipt(forgotten), now=self._clock.now()
        )
        for entry in last_entries:
            await connection.execute(_KEEP_NUMBER, {"address": entry.address, "seq": entry.seq, "now": forgotten.at})
        # A mark without an address, the feeds that have an entry left, and the conversation that gets the receipt.
        rows = {self._clock.id(): "", **{entry.address: "" for entry in last_entries}, str(here): receipt_id}
        for address, outbound_id in rows.items():
            parameters = {"address": address, "outbound_id": outbound_id, "now": forgotten.at}
            await connection.execute(_ADD_FORGET_RECEIPT, parameters)
        return forgotten

    def _forgotten(self, counts: dict[str, int], addresses: tuple[str, ...]) -> Forgotten:
        return Forgotten(
            records=sum(counts.values()),
            messages=counts.get("messages", 0),
            cards=counts.get("cards", 0),
            documents=counts.get("sources", 0),
            files=counts.get("blobs", 0),
            at=self._clock.now(),
            addresses=tuple(Address.parse(address) for address in addresses),
        )


def _digest(token: str) -> bytes:
    """Only digests are stored, so that the database alone does not open a download."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
