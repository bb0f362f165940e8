"""The database's absence, said in the core's words."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unreachable

_SQLALCHEMYS = OperationalError, InterfaceError, PoolTimeout
_PSYCOPGS = psycopg.OperationalError, psycopg.InterfaceError


class Conflict(Unreachable):
    """Two statements waited for each other, and this one was undone for the other's sake."""


@contextmanager
def map_driver_errors() -> Generator[None]:
    """Raise `Unreachable` where the database does not answer, `Collided` at a deadlock; other faults pass as they are."""
    try:
        yield
    except (*_SQLALCHEMYS, *_PSYCOPGS, OSError) as error:
        if isinstance(getattr(error, "orig", error), DeadlockDetected):
            raise Conflict("a deadlock") from error
        raise Unreachable(f"the database is away: {type(error).__name__}") from error
