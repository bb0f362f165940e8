"""Typed access to fields as Slack's JSON has them."""

from datetime import UTC, datetime

from bots.json_fields import Json, inner, string
from core.errors import Malformed


def inner_or_empty(parent: Json, name: str) -> Json:
    """Return the object under `name`; an empty one if it is missing or null."""
    return inner(parent, name) or {}


def text(parent: Json, name: str) -> str:
    """Return the text under `name` without NUL and with U+FFFD for lone surrogates; empty if it is missing or null."""
    value = string(parent, name)
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def required_text(parent: Json, name: str) -> str:
    """Return the text under `name`, which must not be empty."""
    if not (value := text(parent, name)):
        raise Malformed(f"{name} is missing")
    return value


def count_or_zero(parent: Json, name: str) -> int:
    """Return a positive integer, at most 2**53; 0 for anything else."""
    value = parent.get(name)
    return min(value, 2**53) if type(value) is int and value > 0 else 0


def parse_timestamp(timestamp: str) -> datetime:
    """Parse a timestamp of Slack: a string of seconds since 1970 with six decimals."""
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Malformed("a timestamp is not a time") from error
