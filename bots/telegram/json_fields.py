"""Takes values out of a platform's JSON, each of the type it has to be."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from core.errors import Malformed

Json = Mapping[str, Any]


def record(value: object, name: str) -> Json:
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return cast(Json, value)


def inner(parent: Json, name: str) -> Json | None:
    """An object under `name`, or `None` when there is none."""
    value = parent.get(name)
    return None if value is None else record(value, name)


def number(parent: Json, name: str) -> int:
    value = parent.get(name)
    if type(value) is not int or abs(value) >= 2**63:
        raise Malformed(f"{name} is no whole number")
    return value


def amount(parent: Json, name: str) -> int:
    """A whole number that may be missing, and then is 0."""
    return number(parent, name) if name in parent else 0


def text(parent: Json, name: str) -> str:
    """Words that may be missing, and then are empty; without what Postgres and UTF-8 cannot hold."""
    value = parent.get(name, "")
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return clean(value)


def clean(value: str) -> str:
    """Without NUL; half a surrogate pair becomes U+FFFD."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def moment(parent: Json, name: str) -> datetime:
    try:
        return datetime.fromtimestamp(number(parent, name), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Malformed(f"{name} is no time") from error


def records(parent: Json, name: str) -> tuple[Json, ...]:
    """A list of objects that may be missing, and then is empty."""
    value = parent.get(name, ())
    if value == ():
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{name} is no list")
    return tuple(record(item, name) for item in cast("list[object]", value))
