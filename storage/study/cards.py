"""Read review cards and unit progress; `storage.messaging.close_turn` writes them."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, select

from core.card import Card, UnitProgress
from storage.engine.database import Database
from storage.tables.study import cards, unit_progress

_CARDS = select(*(cards.c[field.name] for field in fields(Card)))
_PROGRESS = select(*(unit_progress.c[field.name] for field in fields(UnitProgress)))


class PostgresStudyRecord:
    """`core.ports.study.StudyRecord` on the tables `cards` and `unit_progress`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, learner: str, now: datetime, limit: int) -> tuple[Card, ...]:
        query = _CARDS.where(cards.c.learner_id == learner, cards.c.due <= now).order_by(cards.c.due)
        return tuple(Card(**row) for row in await self._rows(query.limit(limit)))

    async def cards(self, learner: str, keys: tuple[str, ...] = ()) -> tuple[Card, ...]:
        query = _CARDS.where(cards.c.learner_id == learner).order_by(cards.c.key)
        if keys:
            query = query.where(cards.c.key.in_(keys))
        return tuple(Card(**row) for row in await self._rows(query))

    async def progress(self, learner: str) -> tuple[UnitProgress, ...]:
        query = _PROGRESS.where(unit_progress.c.learner_id == learner)
        rows = await self._rows(query.order_by(unit_progress.c.course, unit_progress.c.unit))
        return tuple(UnitProgress(**row) for row in rows)

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        async with self._database.begin() as connection:
            return (await connection.execute(query)).mappings().all()
