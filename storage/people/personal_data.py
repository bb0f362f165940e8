"""All that is kept about one learner: to hand it out, and to forget it."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, case, delete, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Refused
from storage.engine.database import Database
from storage.engine.errors import map_driver_errors
from storage.maintenance.cleanup import referenced_blobs
from storage.tables import metadata

RowsByTable = dict[str, list[dict[str, Any]]]
"""Rows by the name of their table."""

_DIRECT: Final = ("learner_id", "owner")
_BLOB: Final = re.compile(r"blob:[0-9a-f]{64}")
_blobs: Final = metadata.tables["blobs"]

# The same bytes sent by two people are one blob.
_FILES: Final = text(f"DELETE FROM blobs WHERE key = ANY(:keys) AND key NOT IN ({referenced_blobs()})")  # noqa: S608 - our own names
_EVENTS_IN_GROUPS: Final = text(
    """
    SELECT e.id FROM identities i
    JOIN events e ON split_part(e.address, ':', 1) = i.channel AND e.payload #>> '{is,sender,id}' = i.sender
    WHERE i.learner_id = :learner AND NOT e.address = ANY(:addresses)
    """
)
_LINES_IN_GROUPS: Final = text(
    """
    SELECT m.seq FROM identities i
    JOIN messages m ON m.sender <> '' AND m.sender = i.sender AND split_part(m.address, ':', 1) = i.channel
    WHERE i.learner_id = :learner
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalScope:
    """What a learner's rows hang on: their conversations, who they are on which channel, and their events and lines in conversations of others."""

    learner: str
    addresses: tuple[str, ...]
    senders: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()


class PersonalData:
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
        with map_driver_errors():
            async with self._database.begin() as connection:
                found = (await connection.execute(by_name.union(by_identity))).scalars().all()
        if len(found) != 1:
            which = f"; say which: {', '.join(sorted(found))}" if found else ""
            raise Refused(f"{len(found) or 'no'} learners are known as {name!r}{which}")
        return found[0]

    async def export(self, learner: str, *, most: int | None = None) -> RowsByTable:
        """Every row about the learner, by table, with their files; without the files that such an export was put into.

        With `most`, the newest files that have so many bytes together come with their data, the others with none.
        """
        with map_driver_errors():
            async with self._database.begin() as connection:
                records = await select_rows(connection, await find_scope(connection, learner))
                keys = blob_keys(records) - {row["blob"] for row in records.get("downloads", ())}
                rows = (await connection.execute(_files(keys, most))).mappings()
                blobs = [_plain(row) for row in rows]
                return {**records, "blobs": blobs} if blobs else records

    async def forget(self, learner: str, *, today: date) -> int:
        """Delete every row about the learner but those that `erased` leaves, and return how many there were."""
        with map_driver_errors():
            async with self._database.begin() as connection:
                return sum((await delete_rows(connection, await find_scope(connection, learner), today=today)).values())


async def find_scope(connection: AsyncConnection, learner: str) -> PersonalScope:
    conversations, identities = metadata.tables["conversations"], metadata.tables["identities"]
    mine = select(conversations.c.address).where(conversations.c.learner_id == learner)
    addresses = tuple((await connection.execute(mine)).scalars())
    named = select(identities.c.channel, identities.c.sender).where(identities.c.learner_id == learner)
    senders = tuple((row.channel, row.sender) for row in await connection.execute(named))
    asked = {"learner": learner, "addresses": list(addresses)}
    events = (await connection.execute(_EVENTS_IN_GROUPS, asked)).scalars()
    lines = (await connection.execute(_LINES_IN_GROUPS, {"learner": learner})).scalars()
    return PersonalScope(
        learner=learner, addresses=addresses, senders=senders, events=tuple(events), messages=tuple(lines)
    )


async def select_rows(connection: AsyncConnection, found: PersonalScope) -> RowsByTable:
    """Every row but blobs."""
    records: RowsByTable = {}
    for table, condition in _conditions(found):
        rows = (await connection.execute(select(table).where(condition))).mappings().all()
        if rows:
            records[table.name] = [_plain(row) for row in rows]
    return records


async def delete_rows(connection: AsyncConnection, found: PersonalScope, *, today: date) -> dict[str, int]:
    """Delete every row, and every blob that nothing else points to; how many there were, by table.

    What stays is that somebody ended the messages, which is kept for their sake, and what was sent to them today: who
    is met anew is the same to whoever pays.
    """
    keys = sorted(blob_keys(await select_rows(connection, found)))
    conditions = tuple((table, _ended(table, where, today)) for table, where in _conditions(found))
    counts = {
        table.name: (await connection.execute(delete(table).where(where))).rowcount for table, where in conditions
    }
    return {**counts, "blobs": (await connection.execute(_FILES, {"keys": keys})).rowcount if keys else 0}


def _ended(table: Table, where: ColumnElement[bool], today: date) -> ColumnElement[bool]:
    match table.name:
        case "consents":
            return where & ~table.c.withdrawn
        case "allowances":
            return where & (table.c.day < today)
        case _:
            return where


def _files(keys: set[str], most: int | None) -> Select[Any, Any, Any, Any]:
    newest = func.sum(func.length(_blobs.c.data)).over(order_by=(_blobs.c.created_at.desc(), _blobs.c.key))
    data = _blobs.c.data if most is None else case((newest <= most, _blobs.c.data)).label("data")
    return select(_blobs.c.key, _blobs.c.mime, data, _blobs.c.created_at).where(_blobs.c.key.in_(keys))


def blob_keys(records: Mapping[str, Any]) -> set[str]:
    """Files and sounds that the rows point to."""
    return set(_BLOB.findall(json.dumps(records)))


def _conditions(found: PersonalScope) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Tables with the rows to take, those that hang on others first."""
    for table in reversed(metadata.sorted_tables):
        condition = _condition(table, found)
        if condition is not None:
            yield table, condition


def _condition(table: Table, found: PersonalScope) -> ColumnElement[bool] | None:
    if table.name == "learners":
        return table.c.id == found.learner
    for name in _DIRECT:
        if name in table.c:
            return _theirs(table, table.c[name] == found.learner, found)
    if "address" in table.c:
        mine = table.c.address.in_(found.addresses)
        match table.name:
            case "events":
                return or_(mine, table.c.id.in_(found.events))
            case "messages":
                return or_(mine, table.c.seq.in_(found.messages))
            case _:
                return mine
    for key in table.foreign_keys:
        above = _condition(key.column.table, found)
        if above is not None:
            return key.parent.in_(select(key.column).where(above))
    return None


def _theirs(table: Table, owned: ColumnElement[bool], found: PersonalScope) -> ColumnElement[bool]:
    """What is owned; of ratings also those that a group owns, as they were given before their sender was known."""
    if table.name != "ratings" or not found.senders:
        return owned
    sender = tuple_(func.split_part(table.c.address, ":", 1), table.c.sender)
    return or_(owned, sender.in_(found.senders))


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
