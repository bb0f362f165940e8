"""The shelf of sources in Postgres: what is to be read, what has been, and in which model's vectors."""

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

_TAKE = text(
    """
    UPDATE sources SET state = 'reading', claimed_edition = edition, attempt = attempt + 1, done = 0, total = 0, error = '',
        lease_seconds = :seconds, lease_until = :until, updated_at = :now
    WHERE id = :id AND state IN ('waiting', 'reading', 'embedding') AND (lease_until IS NULL OR lease_until <= :now)
    RETURNING id, uri, title, mime, owner, notify, edition, attempt
    """
)

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

_NEAR = """
CREATE INDEX IF NOT EXISTS ix_vectors_hnsw_{0} ON vectors USING hnsw ((embedding::halfvec({0})) halfvec_ip_ops)
WITH (m = 16, ef_construction = 128) WHERE owner = '' AND dimensions = {0}
"""
_INDEXABLE = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassages:
    """What is kept of a source. `stored` names this storing of it, so that vectors made for it meet no newer text."""

    source: str
    passages: tuple[Passage, ...]
    version: int


class PostgresSources:
    """`core.ports.knowledge.Shelf` on the tables of `storage.tables.knowledge`."""

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
        """As the port says. Raises `Refused` when the source was removed meanwhile, `ValueError` unless there is a vector for each passage."""
        async with self._database.begin() as connection:
            kept = select(_sources.c.owner).where(_sources.c.id == source).with_for_update()
            owner = await connection.scalar(kept)
            if owner is None:
                raise Refused(f"no such source: {source}")
            shelved = await index_document(connection, source, owner, document, vectors, embedder)
            change = {
                "title": clean(document.title) or _sources.c.title,
                "language": document.language,
                "stemming": shelved.stemming,
                "link": clean(document.link),
                "embedder": embedder,
                "content_version": _sources.c.content_version + 1,
                "passages": len(document.passages),
                "words": shelved.words,
            }
            await connection.execute(update(_sources).where(_sources.c.id == source).values(change))

    async def exists(self, source: str) -> bool:
        """Whether it is on the shelf still."""
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
        """Sources to be read that nobody is at, the longest waiting first; for the sweep to ring for."""
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(_WAITING, {"now": now, "limit": limit})).all())

    async def remove(self, source: str, *, owner: str) -> bool:
        gone = delete(_sources).where(_sources.c.id == source, _sources.c.owner == owner)
        async with self._database.begin() as connection:
            return (await connection.execute(gone)).rowcount > 0

    async def outdated(self, embedder: str, *, limit: int = 100) -> tuple[str, ...]:
        """Sources whose vectors are another model's: found by their words only, until `renew` gives them new ones."""
        column = _sources.c
        query = (
            select(column.id).where(column.passages > 0, column.embedder != embedder).order_by(column.id).limit(limit)
        )
        async with self._database.begin() as connection:
            return tuple((await connection.scalars(query)).all())

    async def stored(self, source: str) -> StoredPassages | None:
        """A source's passages as they are stored, in order; `None` when there is no such source."""
        column = tables.passages.c
        query = select(column.text, column.section, column.position, column.page, column.link)
        async with self._database.begin() as connection:
            stored = await connection.scalar(
                select(_sources.c.content_version).where(_sources.c.id == source).with_for_update(read=True)
            )
            rows = (await connection.execute(query.where(column.source_id == source).order_by(column.id))).mappings()
            passages = tuple(Passage(**row) for row in rows)
        return None if stored is None else StoredPassages(source=source, passages=passages, version=stored)

    async def replace_vectors(self, kept: StoredPassages, vectors: NDArray[np.float32], embedder: str) -> bool:
        """Replace the vectors of what is kept; false, and nothing done, when the source was stored anew or removed meanwhile."""
        same = _sources.c.id == kept.source, _sources.c.content_version == kept.version
        async with self._database.begin() as connection:
            owner = await connection.scalar(
                update(_sources).where(*same).values(embedder=embedder).returning(_sources.c.owner)
            )
            if owner is None:
                return False
            ids: Sequence[int] = await passage_ids(connection, kept.source)
            await connection.execute(delete(tables.vectors).where(tables.vectors.c.passage_id.in_(ids)))
            await put_vectors(connection, ids, owner, vectors, embedder)
        return True

    async def create_vector_index(self, dimensions: int) -> None:
        """Make the approximate index for vectors of this size, unless it is there; without it they are searched exactly.

        For the default model the migrations make it. More than 4,000 dimensions cannot be indexed.
        """
        if 0 < dimensions <= _INDEXABLE:
            async with self._database.begin() as connection:
                await connection.execute(text(_NEAR.format(int(dimensions))))
