"""Typed access to the JSON that platforms send; a value of the wrong type raises `Malformed`."""

from collections.abc import Mapping
from typing import Any, cast

from core.errors import Malformed

Json = Mapping[str, Any]


def record(value: object, name: str) -> Json:
    """Return `value` as a JSON object; `name` appears in the error."""
    if not isinstance(value, dict):
        raise Malformed(f"{name} is not an object")
    return cast(Json, value)


def inner(parent: Json, name: str) -> Json | None:
    """Return the object under `name`, or `None` if it is missing or null."""
    value = parent.get(name)
    return None if value is None else record(value, name)


def records(parent: Json, name: str) -> tuple[Json, ...]:
    """Return the list of objects under `name`; empty if it is missing or null."""
    value = parent.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    return tuple(record(item, name) for item in cast(list[object], value))


def string(parent: Json, name: str) -> str:
    """Return the string under `name` unchanged, including NUL and lone surrogates; empty if it is missing or null."""
    value = parent.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is not a string")
    return value


def number(parent: Json, name: str) -> int:
    """Return the integer under `name`, which must be present and fit a bigint column of Postgres."""
    value = parent.get(name)
    if type(value) is not int or abs(value) >= 2**63:
        raise Malformed(f"{name} is not an integer")
    return value


def number_or_zero(parent: Json, name: str) -> int:
    """Return the integer under `name`; 0 if it is missing or null."""
    return 0 if parent.get(name) is None else number(parent, name)
