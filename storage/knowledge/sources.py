"""Sources in Postgres: their reading state, their passages, and the embedder of their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, delete, select, text, update

from core.clock import Clock
from core.errors import Refused
from core.ports.knowledge import IndexableDocument, KnowledgeSource, Passage, SourceStatus
from core.rag.words import clean
from storage.engine.database import Database
from storage.knowledge.index_document import index_document, passage_ids, put_vectors
from storage.tables import knowledge as tables

_sources = tables.sources

# Adding a source again asks for another reading: the edition grows, and attempts count from zero. A source that is
# being read keeps its state and lease; the reader finds the new edition when it ends (see `_NOTE`).
_ADD = text(
    """
    INSERT INTO sources (id, uri, owner, title, mime, notify, created_at, updated_at)
    VALUES (:id, :uri, :owner, :title, :mime, :notify, :now, :now)
    ON CONFLICT (owner, uri) DO UPDATE SET edition = sources.edition + 1, attempt = 0, notify = excluded.notify,
        title = CASE WHEN excluded.title = '' THEN sources.title ELSE excluded.title END,
        mime = CASE WHEN excluded.mime = '' THEN sources.mime ELSE excluded.mime END, updated_at = :now,
        lease_until = CASE WHEN sources.state = 'waiting' THEN NULL ELSE sources.lease_until END,
        state = CASE WHEN sources.state IN ('ready', 'failed') THEN 'waiting' ELSE sources.state END
    RETURNING id
    """
)

# `claimed_edition` remembers which edition this reading covers. An expired lease means that the reader died.
_TAKE = text(
    f"""
    UPDATE sources SET state = 'reading', claimed_edition = edition, attempt = attempt + 1, done = 0, total = 0, error = '',
        lease_seconds = :seconds, lease_until = :until, updated_at = :now
    WHERE id = :id AND state IN ('waiting', 'reading', 'embedding') AND (lease_until IS NULL OR lease_until <= :now)
    RETURNING {", ".join(field.name for field in fields(KnowledgeSource))}
    """  # noqa: S608 - our own names
)

# `over` is true for `ready` and `failed`: the lease ends, and the source waits again if it was added anew during the
# reading. `waiting` pauses a reading that is tried again later. Any other state renews the lease for its first length.
# A finished source is not reopened by a reader that lost its lease.
_NOTE = text(
    """
    UPDATE sources SET done = :done, total = :total, error = :error, updated_at = :now,
        title = CASE WHEN :title = '' THEN title ELSE :title END,
        state = CASE WHEN CAST(:over AS boolean) AND claimed_edition < edition THEN 'waiting' ELSE :state END,
        lease_until = CASE
            WHEN CAST(:over AS boolean) THEN NULL
            WHEN :state = 'waiting' THEN coalesce(CAST(:now AS timestamptz) + CAST(:pause AS interval), lease_until)
            ELSE CAST(:now AS timestamptz) + lease_seconds * interval '1 second' END
    WHERE id = :id AND (state NOT IN ('ready', 'failed') OR CAST(:over AS boolean))
    """
)

_WAITING = text(
    """
    SELECT id FROM sources WHERE state IN ('waiting', 'reading', 'embedding')
        AND (lease_until IS NULL OR lease_until <= :now) ORDER BY updated_at LIMIT :limit
    """
)

_MOVE = text(
    """
    UPDATE sources SET uri = :uri WHERE id = :id AND owner = :owner
        AND NOT EXISTS (SELECT FROM sources other WHERE other.owner = :owner AND other.uri = :uri)
    """
)

_STATUS = select(*(_sources.c[field.name] for field in fields(SourceStatus)))

# Partial, so that it holds the shared passages of one vector size only; see `storage.knowledge.search`. The parameters
# are those of `ix_vectors_hnsw_384` in `storage.tables.knowledge`.
_CREATE_INDEX = """
CREATE INDEX IF NOT EXISTS ix_vectors_hnsw_{0} ON vectors USING hnsw ((embedding::halfvec({0})) halfvec_ip_ops)
WITH (m = 16, ef_construction = 128) WHERE owner = '' AND dimensions = {0}
"""
_MAX_INDEXABLE = 4000
"""Dimensions; pgvector's limit for an HNSW index of halfvec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassages:
    """The stored passages of a source, in order. `version` is its `content_version`, so that vectors are never put to newer text."""

    source: str
    passages: tuple[Passage, ...]
    version: int


class PostgresSources:
    """`core.ports.knowledge.SourceAdmin` on the tables of `storage.tables.knowledge`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, source: KnowledgeSource) -> str:
        row = {name: clean(getattr(source, name)) for name in ("id", "uri", "owner", "title", "mime", "notify")}
        async with self._database.begin() as connection:
            return str(await connection.scalar(_ADD, {**row, "now": self._clock.now()}))

    async def take(self, source: str, lease: timedelta) -> KnowledgeSource | None:
        now = self._clock.now()
        values = {"id": source, "seconds": lease.total_seconds(), "until": now + lease, "now": now}
        async with self._database.begin() as connection:
            row = (await connection.execute(_TAKE, values)).mappings().one_or_none()
        return KnowledgeSource(**row) if row else None

    async def note(self, status: SourceStatus, *, pause: timedelta | None = None) -> None:
        values = {
            "pause": pause,
            "id": status.id,
            "state": status.state,
            "over": status.state in ("ready", "failed"),
            "title": clean(status.title),
            "done": status.done,
            "total": status.total,
            "error": clean(status.error),
            "now": self._clock.now(),
        }
        async with self._database.begin() as connection:
            await connection.execute(_NOTE, values)

    async def store(
        self, source: str, document: IndexableDocument, vectors: NDArray[np.float32], embedder: str
    ) -> None:
        """Raises `Refused` if the source was removed meanwhile, and `ValueError` unless there is a vector for each passage."""
        async with self._database.begin() as connection:
            # Locked, so that the source cannot be removed or stored by another reader before this transaction ends.
            locked = select(_sources.c.owner).where(_sources.c.id == source).with_for_update()
            owner = await connection.scalar(locked)
            if owner is None:
                raise Refused(f"no such source: {source}")
            indexed = await index_document(connection, source, owner, document, vectors, embedder)
            change = {
                "title": clean(document.title) or _sources.c.title,
                "language": document.language,
                "stemming": indexed.stemming,
                "link": clean(document.link),
                "embedder": embedder,
                "content_version": _sources.c.content_version + 1,
                "passages": len(document.passages),
                "words": indexed.words,
            }
            await connection.execute(update(_sources).where(_sources.c.id == source).values(change))

    async def exists(self, source: str) -> bool:
        return bool(await self._database.run(select(_sources.c.id).where(_sources.c.id == source), {}))

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        column = _sources.c
        newest = column.created_at.desc(), column.id.desc()
        return await self._statuses(_STATUS.where(column.owner.in_({"", owner})).order_by(*newest).limit(limit))

    async def standing(self, sources: Sequence[str]) -> tuple[SourceStatus, ...]:
        return await self._statuses(_STATUS.where(_sources.c.id.in_(sources)))

    async def _statuses(self, query: Select[Any]) -> tuple[SourceStatus, ...]:
        async with self._database.begin() as connection:
            return tuple(SourceStatus(**row) for row in (await connection.execute(query)).mappings())

    async def move(self, source: str, uri: str, *, owner: str) -> bool:
        async with self._database.begin() as connection:
            moved = await connection.execute(_MOVE, {"id": source, "uri": clean(uri), "owner": owner})
            return moved.rowcount > 0

    async def unclaimed(self, now: datetime, *, limit: int = 500) -> tuple[str, ...]:
        """Sources that wait for a reader, the longest waiting first; the sweep schedules them."""
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(_WAITING, {"now": now, "limit": limit})).all())

    async def remove(self, source: str, *, owner: str) -> bool:
        deletion = delete(_sources).where(_sources.c.id == source, _sources.c.owner == owner)
        async with self._database.begin() as connection:
            return (await connection.execute(deletion)).rowcount > 0

    async def outdated(self, embedder: str, *, limit: int = 100) -> tuple[str, ...]:
        """Sources whose vectors are from another embedder: search finds them by words only until `replace_vectors`."""
        column = _sources.c
        query = (
            select(column.id).where(column.passages > 0, column.embedder != embedder).order_by(column.id).limit(limit)
        )
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(query)).all())

    async def stored(self, source: str) -> StoredPassages | None:
        """The source's passages; `None` if there is no such source."""
        column = tables.passages.c
        query = select(*(column[field.name] for field in fields(Passage)))
        async with self._database.begin() as connection:
            # The shared lock keeps the passages those of this version until they have been read.
            version = await connection.scalar(
                select(_sources.c.content_version).where(_sources.c.id == source).with_for_update(read=True)
            )
            rows = (await connection.execute(query.where(column.source_id == source).order_by(column.id))).mappings()
            passages = tuple(Passage(**row) for row in rows)
        return None if version is None else StoredPassages(source=source, passages=passages, version=version)

    async def replace_vectors(self, stored: StoredPassages, vectors: NDArray[np.float32], embedder: str) -> bool:
        """Replace the vectors of the passages; false, without effect, if the source was stored again or removed meanwhile."""
        same = _sources.c.id == stored.source, _sources.c.content_version == stored.version
        async with self._database.begin() as connection:
            owner = await connection.scalar(
                update(_sources).where(*same).values(embedder=embedder).returning(_sources.c.owner)
            )
            if owner is None:
                return False
            ids: Sequence[int] = await passage_ids(connection, stored.source)
            await connection.execute(delete(tables.vectors).where(tables.vectors.c.passage_id.in_(ids)))
            await put_vectors(connection, ids, owner, vectors, embedder)
        return True

    async def create_vector_index(self, dimensions: int) -> None:
        """Create the HNSW index for vectors of this size if it is missing; without it they are searched exactly.

        The migrations create the one for the default embedder. Vectors of more than 4,000 dimensions cannot be indexed.
        """
        if 0 < dimensions <= _MAX_INDEXABLE:
            async with self._database.begin() as connection:
                await connection.execute(text(_CREATE_INDEX.format(int(dimensions))))
