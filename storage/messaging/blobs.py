"""Content-addressed blobs in Postgres."""

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import Clock
from core.errors import Refused
from storage.engine.database import Database
from storage.tables.feed import blobs


class PostgresBlobs:
    """`core.ports.blobs.Blobs` on the table `blobs`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, data: bytes, *, mime: str) -> str:
        key = "blob:" + hashlib.sha256(mime.encode() + b"\0" + data).hexdigest()
        row = {"key": key, "mime": mime, "data": data, "created_at": self._clock.now()}
        new = insert(blobs).values(row)
        # Storing the same bytes again renews their age: no row refers to them yet, and cleanup must not delete them
        # before the caller has written one.
        renewed = new.on_conflict_do_update(index_elements=["key"], set_={"created_at": new.excluded.created_at})
        await self._database.run(renewed, {})
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        rows = await self._database.run(select(blobs.c.data, blobs.c.mime).where(blobs.c.key == key), {})
        if not rows:
            raise Refused(f"no such blob: {key}")
        return bytes(rows[0].data), rows[0].mime
