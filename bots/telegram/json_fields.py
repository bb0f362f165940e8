"""Takes values out of a platform's JSON, each of the type it has to be."""

from datetime import UTC, datetime

from bots.json_fields import Json, number, string
from core.errors import Malformed


def text(parent: Json, name: str) -> str:
    """Words that may be missing, and then are empty; without what Postgres and UTF-8 cannot hold."""
    return clean(string(parent, name))


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
