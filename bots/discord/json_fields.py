"""Typed access to fields that only Discord's JSON has."""

from datetime import UTC, datetime, timedelta

from bots.json_fields import Json, string
from core import wire
from core.errors import Malformed

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def text(parent: Json, name: str) -> str:
    """Return the text under `name`, cleaned by `wire.clean`; empty if it is missing or null."""
    return wire.clean(string(parent, name))


def seconds(parent: Json, name: str) -> float:
    """Return a duration in seconds; 0 if it is missing, not a number, negative or at least 10**9."""
    value = parent.get(name)
    return float(value) if isinstance(value, int | float) and 0 <= value < 10**9 else 0.0


def snowflake(parent: Json, name: str = "id") -> str:
    """Return an id, which Discord sends as a string of digits."""
    value = parent.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or int(value) >= 2**63:
        raise Malformed(f"{name} is not a snowflake")
    return value


def created_at(snowflake: str) -> datetime:
    """Return the time that an id contains: milliseconds since 2015 above its lower 22 bits."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)
