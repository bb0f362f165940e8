from sqlalchemy import text

from storage.engine.database import Database


async def test_the_database_has_vectors(database: Database) -> None:
    async with database.begin() as connection:
        found = await connection.scalar(text("SELECT '[1,2]'::vector <-> '[1,4]'::vector"))
    assert found == 2


def test_valkey_answers(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
