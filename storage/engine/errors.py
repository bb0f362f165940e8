"""Map driver errors to core errors."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unreachable

_SQLALCHEMY_ERRORS = OperationalError, InterfaceError, PoolTimeout
_PSYCOPG_ERRORS = psycopg.OperationalError, psycopg.InterfaceError


class Conflict(Unreachable):
    """Postgres rolled the statement back to resolve a deadlock; it can be retried immediately."""


@contextmanager
def map_driver_errors() -> Generator[None]:
    """Raise `Conflict` on a deadlock and `Unreachable` on other connection errors; let all other errors pass."""
    try:
        yield
    except (*_SQLALCHEMY_ERRORS, *_PSYCOPG_ERRORS, OSError) as error:
        if isinstance(getattr(error, "orig", error), DeadlockDetected):
            raise Conflict("a deadlock") from error
        raise Unreachable(f"the database is unreachable: {type(error).__name__}") from error
