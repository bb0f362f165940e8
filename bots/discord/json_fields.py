"""Takes values out of Discord's JSON, each of the type it has to be."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from core import wire
from core.errors import Malformed

Json = Mapping[str, Any]
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def record(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return cast(Json, value)


def inner(parent: Json, name: str) -> Json | None:
    """An object under `name`, or `None` when there is none."""
    value = parent.get(name)
    return None if value is None else record(value, name)


def records(parent: Json, name: str) -> tuple[Json, ...]:
    """A list of objects that may be missing, and then is empty."""
    value = parent.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{name} is no list")
    return tuple(record(item, name) for item in cast(list[object], value))


def text(parent: Json, name: str) -> str:
    """Words that may be missing or null, and then are empty; without what Postgres and UTF-8 cannot hold."""
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return wire.clean(value)


def number(parent: Json, name: str) -> int:
    """A whole number that may be missing or null, and then is 0."""
    value = parent.get(name)
    if value is None:
        return 0
    if type(value) is not int or abs(value) >= 2**63:
        raise Malformed(f"{name} is no whole number")
    return value


def seconds(parent: Json, name: str) -> float:
    """A length that may be missing, and then is 0."""
    value = parent.get(name)
    return float(value) if isinstance(value, int | float) and 0 <= value < 10**9 else 0.0


def snowflake(parent: Json, name: str = "id") -> str:
    """An id, which Discord writes as digits in a text."""
    value = parent.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or int(value) >= 2**63:
        raise Malformed(f"{name} is no id")
    return value


def moment(snowflake: str) -> datetime:
    """When the thing with this id was made, which the id itself says."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)
