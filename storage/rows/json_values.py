"""Make JSON values safe for Postgres."""

from collections.abc import Mapping
from typing import Any

from core.wire import clean


def storable(value: Any) -> Any:
    """The same JSON value with U+FFFD in place of NUL characters and lone surrogates, which Postgres rejects."""
    match value:
        case str():
            return clean(value)
        case Mapping():
            return {storable(key): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
        case _:
            return value
