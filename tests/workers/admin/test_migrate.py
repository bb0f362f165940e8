"""The migrations make exactly the tables that the code declares, and can be undone."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from storage.engine.database import sqlalchemy_url
from storage.tables import metadata
from workers.admin.migrate import downgrade, pending, upgrade

# Alembic warns that it does not compare the operator class of an index expression.
pytestmark = pytest.mark.filterwarnings("ignore:Expression #1")


def _differences(url: str) -> list[object]:
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": _comparable})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def _tables(url: str) -> list[str]:
    engine = create_engine(sqlalchemy_url(url))
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _comparable(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Alembic cannot compare an index over an expression."""
    return not (kind == "index" and name == "ix_vectors_hnsw_384")


def test_the_migrations_create_the_tables_of_the_code(database_url: str) -> None:
    assert _differences(database_url) == []


def test_the_migrations_go_up_down_and_up_again(database_url: str) -> None:
    downgrade(database_url)
    assert pending(database_url)
    assert _tables(database_url) == ["alembic_version"]
    upgrade(database_url)
    assert not pending(database_url)
    assert _differences(database_url) == []
