"""Find, export and delete all rows about one learner."""

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
from storage.tables import metadata
from storage.tables.blob_references import BLOB_KEY, referenced_blobs

RowsByTable = dict[str, list[dict[str, Any]]]
"""Rows by the name of their table."""

_OWNER_COLUMNS: Final = ("learner_id", "owner")
_blobs: Final = metadata.tables["blobs"]

# Two people who send the same bytes share a blob, so those that other rows refer to stay.
_DELETE_BLOBS: Final = text(f"DELETE FROM blobs WHERE key = ANY(:keys) AND key NOT IN ({referenced_blobs()})")  # noqa: S608 - our own names
_EVENTS_ELSEWHERE: Final = text(
    """
    SELECT e.id FROM identities i
    JOIN events e ON split_part(e.address, ':', 1) = i.channel AND e.payload #>> '{is,sender,id}' = i.sender
    WHERE i.learner_id = :learner AND NOT e.address = ANY(:addresses)
    """
)
_OWN_MESSAGES: Final = text(
    """
    SELECT m.seq FROM identities i
    JOIN messages m ON m.sender <> '' AND m.sender = i.sender AND split_part(m.address, ':', 1) = i.channel
    WHERE i.learner_id = :learner
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalScope:
    """What identifies a learner's rows.

    `addresses` are their conversations, `senders` their (channel, sender id) pairs, `events` and `messages` what they
    wrote in groups.
    """

    learner: str
    addresses: tuple[str, ...]
    senders: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()


class PersonalData:
    """Works on all tables of the metadata: rows that name the learner or an address of theirs, and rows that refer to those."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str) -> str:
        """The id of the learner with this id, name or identity (`telegram:12345`).

        Raises `Refused` when there is none or more than one.
        """
        learners, identities = metadata.tables["learners"], metadata.tables["identities"]
        by_name = select(learners.c.id).where(or_(learners.c.id == name, learners.c.name == name))
        identity = identities.c.channel + ":" + identities.c.sender
        by_identity = select(identities.c.learner_id).where(identity == name)
        with map_driver_errors():
            async with self._database.begin() as connection:
                found = (await connection.execute(by_name.union(by_identity))).scalars().all()
        if len(found) != 1:
            which = f"; say which: {', '.join(sorted(found))}" if found else ""
            raise Refused(f"{len(found) or 'no'} learners are known as {name!r}{which}")
        return found[0]

    async def export(self, learner: str, *, max_bytes: int | None = None) -> RowsByTable:
        """Every row about the learner, by table, with their blobs, except the files of earlier exports.

        With `max_bytes`, only the newest blobs that fit have their data; the others have `None`.
        """
        with map_driver_errors():
            async with self._database.begin() as connection:
                records = await select_rows(connection, await find_scope(connection, learner))
                keys = blob_keys(records) - {row["blob"] for row in records.get("downloads", ())}
                rows = (await connection.execute(_select_blobs(keys, max_bytes))).mappings()
                blobs = [_json_row(row) for row in rows]
                return {**records, "blobs": blobs} if blobs else records

    async def forget(self, learner: str, *, today: date) -> int:
        """Delete every row about the learner except those that `delete_rows` keeps; return the number of rows."""
        with map_driver_errors():
            async with self._database.begin() as connection:
                scope = await find_scope(connection, learner)
                return sum((await delete_rows(connection, scope, today=today)).values())


async def find_scope(connection: AsyncConnection, learner: str) -> PersonalScope:
    conversations, identities = metadata.tables["conversations"], metadata.tables["identities"]
    own = select(conversations.c.address).where(conversations.c.learner_id == learner)
    addresses = tuple((await connection.execute(own)).scalars())
    known = select(identities.c.channel, identities.c.sender).where(identities.c.learner_id == learner)
    senders = tuple((row.channel, row.sender) for row in await connection.execute(known))
    parameters = {"learner": learner, "addresses": list(addresses)}
    events = (await connection.execute(_EVENTS_ELSEWHERE, parameters)).scalars()
    messages = (await connection.execute(_OWN_MESSAGES, {"learner": learner})).scalars()
    return PersonalScope(
        learner=learner, addresses=addresses, senders=senders, events=tuple(events), messages=tuple(messages)
    )


async def select_rows(connection: AsyncConnection, scope: PersonalScope) -> RowsByTable:
    """Every row about the learner, without blobs."""
    records: RowsByTable = {}
    for table, condition in _conditions(scope):
        rows = (await connection.execute(select(table).where(condition))).mappings().all()
        if rows:
            records[table.name] = [_json_row(row) for row in rows]
    return records


async def delete_rows(connection: AsyncConnection, scope: PersonalScope, *, today: date) -> dict[str, int]:
    """Delete every row about the learner, and every blob that nothing else refers to; return the counts by table.

    Opt-outs stay, so that Sona never writes to the person again. Today's allowance stays, so that a person cannot
    reset it by being forgotten.
    """
    keys = sorted(blob_keys(await select_rows(connection, scope)))
    conditions = tuple((table, _deletable(table, where, today)) for table, where in _conditions(scope))
    counts = {
        table.name: (await connection.execute(delete(table).where(where))).rowcount for table, where in conditions
    }
    return {**counts, "blobs": (await connection.execute(_DELETE_BLOBS, {"keys": keys})).rowcount if keys else 0}


def _deletable(table: Table, where: ColumnElement[bool], today: date) -> ColumnElement[bool]:
    match table.name:
        case "consents":
            return where & ~table.c.withdrawn
        case "allowances":
            return where & (table.c.day < today)
        case _:
            return where


def _select_blobs(keys: set[str], max_bytes: int | None) -> Select[Any, Any, Any, Any]:
    total = func.sum(func.length(_blobs.c.data)).over(order_by=(_blobs.c.created_at.desc(), _blobs.c.key))
    data = _blobs.c.data if max_bytes is None else case((total <= max_bytes, _blobs.c.data)).label("data")
    return select(_blobs.c.key, _blobs.c.mime, data, _blobs.c.created_at).where(_blobs.c.key.in_(keys))


def blob_keys(records: Mapping[str, Any]) -> set[str]:
    """The keys of all blobs that the rows refer to."""
    return set(re.findall(BLOB_KEY, json.dumps(records)))


def _conditions(scope: PersonalScope) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The tables that have rows about the learner, each with its condition; referring tables before those they refer to."""
    for table in reversed(metadata.sorted_tables):
        condition = _condition(table, scope)
        if condition is not None:
            yield table, condition


def _condition(table: Table, scope: PersonalScope) -> ColumnElement[bool] | None:
    if table.name == "learners":
        return table.c.id == scope.learner
    for name in _OWNER_COLUMNS:
        if name in table.c:
            return _owned(table, table.c[name] == scope.learner, scope)
    if "address" in table.c:
        own = table.c.address.in_(scope.addresses)
        match table.name:
            case "events":
                return or_(own, table.c.id.in_(scope.events))
            case "messages":
                return or_(own, table.c.seq.in_(scope.messages))
            case _:
                return own
    for key in table.foreign_keys:
        parent = _condition(key.column.table, scope)
        if parent is not None:
            return key.parent.in_(select(key.column).where(parent))
    return None


def _owned(table: Table, owned: ColumnElement[bool], scope: PersonalScope) -> ColumnElement[bool]:
    """For ratings also those that the learner gave in a group before their identity was known, which the group owns."""
    if table.name != "ratings" or not scope.senders:
        return owned
    sender = tuple_(func.split_part(table.c.address, ":", 1), table.c.sender)
    return or_(owned, sender.in_(scope.senders))


def _json_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
