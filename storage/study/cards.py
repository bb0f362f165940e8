"""Cards and progress as they stand."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from core.card import Card, UnitProgress
from storage.engine.database import Database
from storage.tables import study


class PostgresStudyRecord:
    """`core.ports.study.Study`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, learner: str, now: datetime, limit: int) -> tuple[Card, ...]:
        cards = study.cards
        wanted = select(cards).where(cards.c.learner_id == learner, cards.c.due <= now).order_by(cards.c.due)
        async with self._database.begin() as connection:
            return tuple(_card(row) for row in await connection.execute(wanted.limit(limit)))

    async def cards(self, learner: str, keys: tuple[str, ...] = ()) -> tuple[Card, ...]:
        cards = study.cards
        wanted = select(cards).where(cards.c.learner_id == learner).order_by(cards.c.key)
        if keys:
            wanted = wanted.where(cards.c.key.in_(keys))
        async with self._database.begin() as connection:
            return tuple(_card(row) for row in await connection.execute(wanted))

    async def progress(self, learner: str) -> tuple[UnitProgress, ...]:
        unit_progress = study.unit_progress
        wanted = (
            select(unit_progress)
            .where(unit_progress.c.learner_id == learner)
            .order_by(unit_progress.c.course, unit_progress.c.unit)
        )
        async with self._database.begin() as connection:
            return tuple(_unit(row) for row in await connection.execute(wanted))


def _card(row: Row[Any]) -> Card:
    return Card(key=row.key, due=row.due, state=row.state, reps=row.reps, lapses=row.lapses, strength=row.strength)


def _unit(row: Row[Any]) -> UnitProgress:
    return UnitProgress(course=row.course, unit=row.unit, score=row.score, at=row.at)
