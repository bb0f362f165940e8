"""The database's absence, said in the core's words."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unreachable

_SQLALCHEMYS = OperationalError, InterfaceError, PoolTimeout
_PSYCOPGS = psycopg.OperationalError, psycopg.InterfaceError


@contextmanager
def reached() -> Generator[None]:
    """Raise `Unreachable` where the database does not answer; other faults pass as they are."""
    try:
        yield
    except (*_SQLALCHEMYS, *_PSYCOPGS, OSError) as error:
        raise Unreachable(f"the database is away: {type(error).__name__}") from error
