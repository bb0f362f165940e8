"""Reads the form bodies that Twilio posts."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from core.errors import Malformed

_MOST_FIELDS = 200
FormPairs = tuple[tuple[str, str], ...]
FormFields = Mapping[str, str]


def pairs(body: bytes) -> FormPairs:
    """Names and values in the order they came. Raises `Malformed` for what is no form."""
    try:
        return tuple(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"))
    except ValueError as error:
        raise Malformed("the body is no form") from error


def form(body: bytes) -> FormFields:
    """The fields by name, without what Postgres cannot hold; of several by one name the last. Raises `Malformed`."""
    return {name: value.replace("\0", "") for name, value in pairs(body)}
