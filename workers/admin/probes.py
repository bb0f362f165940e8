"""Health checks of the servers and workers for `sona check`."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg
import redis.asyncio
import redis.exceptions

from core.errors import Unreachable
from workers.admin.cli_context import HealthCheck
from workers.admin.migrate import newest, pending
from workers.settings import Settings

_WORKER_ATTEMPTS = 8


def probes(settings: Settings) -> tuple[HealthCheck, ...]:
    """Return the checks of database, pgvector, migrations, Redis and workers."""
    server_probes = _ServerProbes(settings)
    return (
        HealthCheck(name="database", run=server_probes.database),
        HealthCheck(name="pgvector", run=server_probes.pgvector),
        HealthCheck(name="tables", run=server_probes.tables),
        HealthCheck(name="redis", run=server_probes.valkey),
        HealthCheck(name="workers", run=server_probes.workers),
    )


class _ServerProbes:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def database(self) -> str:
        return f"Postgres {await self._value('SHOW server_version')}"

    async def pgvector(self) -> str:
        version = await self._value("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        if version is None:
            raise Unreachable("the extension `vector` is missing in this database")
        return f"version {version}"

    async def tables(self) -> str:
        if await asyncio.to_thread(pending, self._settings.database_url):
            raise Unreachable("migrations are pending: run `sona migrate`")
        return f"at {newest()}"

    async def valkey(self) -> str:
        async with self._connection() as client:
            about = await client.info("server")
        return f"{about.get('server_name', 'redis')} {about.get('valkey_version', about['redis_version'])}"

    async def workers(self) -> str:
        """Count the clients blocked on a queue, retrying for some seconds because workers take time to start."""
        async with self._connection() as client:
            for _ in range(_WORKER_ATTEMPTS):
                waiting = [entry for entry in await client.client_list() if entry["cmd"] == "brpop"]
                if waiting:
                    return f"{len(waiting)} waiting for work"
                await asyncio.sleep(1)
        raise Unreachable("no worker is waiting for work: start `sona worker` and `sona worker --ingest`")

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[redis.asyncio.Redis]:
        try:
            async with redis.asyncio.Redis.from_url(self._settings.redis_url, decode_responses=True) as client:
                yield client
        except (redis.exceptions.RedisError, ValueError) as error:
            raise Unreachable(str(error)) from error

    async def _value(self, query: str) -> object:
        try:
            async with await psycopg.AsyncConnection.connect(
                self._settings.database_url, connect_timeout=5
            ) as connection:
                row = await (await connection.execute(query.encode())).fetchone()
                return row[0] if row else None
        except psycopg.OperationalError as error:
            raise Unreachable(str(error)) from error
