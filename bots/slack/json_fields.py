"""Takes values out of Slack's JSON, each of the type it has to be."""

from datetime import UTC, datetime

from bots.json_fields import Json, inner, string
from core.errors import Malformed


def inner_or_empty(parent: Json, name: str) -> Json:
    """An object under `name`; an empty one when there is none."""
    return inner(parent, name) or {}


def text(parent: Json, name: str) -> str:
    """Words that may be missing, and then are empty; without what Postgres and UTF-8 cannot hold."""
    value = string(parent, name)
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def required_text(parent: Json, name: str) -> str:
    """Words that have to be there."""
    if not (value := text(parent, name)):
        raise Malformed(f"{name} is missing")
    return value


def count_or_zero(parent: Json, name: str) -> int:
    """A whole number from 0 on; 0 where it is missing or something else."""
    value = parent.get(name)
    return min(value, 2**53) if type(value) is int and value > 0 else 0


def parse_timestamp(timestamp: str) -> datetime:
    """Slack's timestamps: seconds since 1970 with six decimals, in text."""
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise Malformed("a timestamp is no time") from error
