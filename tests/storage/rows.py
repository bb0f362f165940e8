"""Insert and inspect rows of any table."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, insert, select, text

from core.conversation import Learner
from core.reply import Reply, Text
from storage.engine.database import Database
from storage.tables import metadata

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


async def put(database: Database, table: str, **known: object) -> None:
    columns = [column for column in metadata.tables[table].c if not column.nullable and column.identity is None]
    async with database.begin() as connection:
        row = {column.name: known.get(column.name, _something(column.type.python_type)) for column in columns}
        await connection.execute(insert(metadata.tables[table]).values(row))


def _something(kind: type) -> object:
    return NOW if kind in (date, datetime) else {} if kind is object else kind()


async def count(database: Database, table: str) -> int:
    async with database.begin() as connection:
        return await connection.scalar(select(func.count()).select_from(metadata.tables[table])) or 0


async def everything(database: Database) -> dict[str, list[str]]:
    """Every row of every table as text."""
    found: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        rows: Any = await database.run(text(f"SELECT to_jsonb(t)::text AS row FROM {table.name} t"), {})
        if rows:
            found[table.name] = [row.row for row in rows]
    return found


async def holders(database: Database, word: str) -> list[str]:
    """The tables that contain a word in any column; binary columns are searched for its hexadecimal form."""
    wanted = (word, word.encode().hex())
    return [
        name
        for name, rows in (await everything(database)).items()
        if any(each in row for row in rows for each in wanted)
    ]


def linked_notice(learner: Learner) -> Reply:
    """The notice for the owner of a claimed code."""
    return Text(text=f"joined to {learner.id}")
