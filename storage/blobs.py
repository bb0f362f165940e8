"""Blobs in the database, found by the hash of what they hold."""

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.clock import Clock
from core.errors import Refused
from storage.database import Database
from storage.reach import reached
from storage.tables.feed import blobs


class PostgresBlobs:
    """`core.ports.blobs.Blobs` on the table `blobs`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, data: bytes, *, mime: str) -> str:
        key = "blob:" + hashlib.sha256(mime.encode() + b"\0" + data).hexdigest()
        row = {"key": key, "mime": mime, "data": data, "created_at": self._clock.now()}
        with reached():
            async with self._database.begin() as connection:
                await connection.execute(insert(blobs).values(row).on_conflict_do_nothing())
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        with reached():
            async with self._database.begin() as connection:
                row = (await connection.execute(select(blobs.c.data, blobs.c.mime).where(blobs.c.key == key))).first()
        if row is None:
            raise Refused(f"no such blob: {key}")
        return bytes(row.data), row.mime
