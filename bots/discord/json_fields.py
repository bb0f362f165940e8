"""Takes values out of Discord's JSON, each of the type it has to be."""

from datetime import UTC, datetime, timedelta

from bots.json_fields import Json, string
from core import wire
from core.errors import Malformed

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def text(parent: Json, name: str) -> str:
    """Words that may be missing or null, and then are empty; without what Postgres and UTF-8 cannot hold."""
    return wire.clean(string(parent, name))


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


def created_at(snowflake: str) -> datetime:
    """When the thing with this id was made, which the id itself says."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)
