import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from storage.engine.database import sqlalchemy_url
from storage.tables import metadata
from workers.admin.migrate import downgrade, newest, pending, upgrade

# Alembic says that it does not compare the operator class inside an expression; the upgrade itself proves it.
pytestmark = pytest.mark.filterwarnings("ignore:Expression #1")


def _differences(url: str) -> list[object]:
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": _comparable})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def _comparable(_: object, name: str | None, kind: str, *__: object) -> bool:
    """Alembic cannot read back an index over an expression."""
    return not (kind == "index" and name == "ix_vectors_near_384")


def test_the_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    assert _differences(database_url) == []


def test_the_migrations_go_up_down_and_up(database_url: str) -> None:
    downgrade(database_url)
    assert pending(database_url)
    upgrade(database_url)
    assert not pending(database_url)
    assert newest() == "0008"
    assert _differences(database_url) == []


def test_whose_words_began_a_conversation_is_found_for_those_that_stand(database_url: str) -> None:
    """Ana is once on a channel, Bo twice, and of one of his conversations no event is left."""
    downgrade(database_url, "0006")
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.begin() as connection:
        for statement in _STANDING:
            connection.execute(text(statement))
    upgrade(database_url)
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT address, sender FROM conversations ORDER BY address")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("web:ana", "ana"), ("web:bo", "bo2"), ("web:idle", "")]


_STANDING = (
    "INSERT INTO learners SELECT name, '', '', '', '', now() FROM unnest(ARRAY['ana', 'bo']) AS name",
    "INSERT INTO identities VALUES ('web', 'ana', 'ana'), ('web', 'bo1', 'bo'), ('web', 'bo2', 'bo')",
    """
    INSERT INTO conversations (address, learner_id, state, version, attempts, created_at, updated_at)
    SELECT 'web:' || chat, learner, '{}', 0, 0, now(), now()
    FROM (VALUES ('ana', 'ana'), ('bo', 'bo'), ('idle', 'bo')) AS standing (chat, learner)
    """,
    """
    INSERT INTO events (id, address, payload, addressed, received_at)
    SELECT id, 'web:bo', jsonb_build_object('is', jsonb_build_object(
        'sender', jsonb_build_object('id', sender), 'body', jsonb_build_object('kind', kind))), true, now()
    FROM (VALUES ('1', 'bo1', 'said'), ('2', 'bo2', 'said'), ('3', 'bo1', 'due')) AS came (id, sender, kind)
    """,
)
