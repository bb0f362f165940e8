"""Run the migrations on the given connection; an advisory lock admits one process at a time."""

from alembic import context
from sqlalchemy import Connection, text

from storage.tables import metadata

# Arbitrary; no other advisory lock may use it.
_LOCK = 7_301_146


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, transactional_ddl=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()


_run(context.config.attributes["connection"])
