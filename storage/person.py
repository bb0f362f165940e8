"""All that is kept about one learner: to hand it out, and to forget it."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, Text, and_, cast, delete, exists, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Refused
from storage.database import Database
from storage.reach import reached
from storage.tables import metadata

_DIRECT: Final = ("learner_id", "owner")
_BLOB: Final = re.compile(r"blob:[A-Za-z0-9_.:+/=-]+")
_blobs: Final = metadata.tables["blobs"]


class PersonalRecords:
    """Works over whatever tables there are: rows that name the learner, and rows that hang on those by key or address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> str:
        """The id of the learner who has this id, name, or identity on a channel (`telegram:12345`).

        Raises `Refused` when there is none or more than one.
        """
        learners, identities = metadata.tables["learners"], metadata.tables["identities"]
        by_name = select(learners.c.id).where(or_(learners.c.id == name, learners.c.name == name))
        known = identities.c.channel + ":" + identities.c.sender
        by_identity = select(identities.c.learner_id).where(known == name)
        with reached():
            async with self._database.begin() as connection:
                found = (await connection.execute(by_name.union(by_identity))).scalars().all()
        if len(found) != 1:
            which = f"; say which: {', '.join(sorted(found))}" if found else ""
            raise Refused(f"{len(found) or 'no'} learners are known as {name!r}{which}")
        return found[0]

    async def export(self, learner: str) -> dict[str, list[dict[str, Any]]]:
        """Every row about the learner, by table."""
        with reached():
            async with self._database.begin() as connection:
                addresses = await self._addresses(connection, learner)
                records: dict[str, list[dict[str, Any]]] = {}
                for table, condition in _conditions(learner, addresses):
                    rows = (await connection.execute(select(table).where(condition))).mappings().all()
                    if rows:
                        records[table.name] = [_plain(row) for row in rows]
                blobs = await _rows(connection, _blobs.c.key.in_(_blob_keys(records)))
                return {**records, "blobs": blobs} if blobs else records

    async def forget(self, learner: str) -> int:
        """Delete every row about the learner, and return how many there were."""
        keys = _blob_keys(await self.export(learner))
        with reached():
            async with self._database.begin() as connection:
                conditions = list(_conditions(learner, await self._addresses(connection, learner)))
                conditions.append((_blobs, and_(_blobs.c.key.in_(keys), not_(or_(*_mentions())))))
                counts = [
                    (await connection.execute(delete(table).where(where))).rowcount for table, where in conditions
                ]
                return sum(counts)

    async def _addresses(self, connection: AsyncConnection, learner: str) -> tuple[str, ...]:
        conversations = metadata.tables["conversations"]
        mine = select(conversations.c.address).where(conversations.c.learner_id == learner)
        return tuple((await connection.execute(mine)).scalars())


def _conditions(learner: str, addresses: tuple[str, ...]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables with the rows to take, those that hang on others first."""
    for table in reversed(metadata.sorted_tables):
        condition = _condition(table, learner, addresses)
        if condition is not None:
            yield table, condition


def _condition(table: Table, learner: str, addresses: tuple[str, ...]) -> ColumnElement[bool] | None:
    if table.name == "learners":
        return table.c.id == learner
    for name in _DIRECT:
        if name in table.c:
            return table.c[name] == learner
    if "address" in table.c:
        return table.c.address.in_(addresses)
    for key in table.foreign_keys:
        above = _condition(key.column.table, learner, addresses)
        if above is not None:
            return key.parent.in_(select(key.column).where(above))
    return None


def _blob_keys(records: Mapping[str, Any]) -> set[str]:
    """Files and sounds that the rows point to."""
    return set(_BLOB.findall(json.dumps(records)))


def _mentions() -> Iterator[ColumnElement[bool]]:
    """Whether anything that is left points to a blob: the same bytes sent by two people are one blob."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, JSONB) or column.name == "uri":
                yield exists(select(literal(1)).select_from(table).where(cast(column, Text).contains(_blobs.c.key)))


async def _rows(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [_plain(row) for row in (await connection.execute(select(_blobs).where(condition))).mappings()]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
