"""The question of a poll is found by the poll's id, through an index, and is kept while it can be answered."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from core import wire
from core.address import Address
from core.reply import Choice, Mark, Quiz, Reply
from storage.engine.database import Database
from storage.maintenance.cleanup import RETENTION, Cleanup
from storage.messaging.polls import FIND_POLL, PostgresPolls
from storage.tables import metadata

CHOICES = (Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b"))
QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=CHOICES, right="q1:a", why="It is.")
MARK = Mark(
    quiz="q1", question="moku?", choices=CHOICES, chosen="q1:a", right="q1:a", correct=True, text="Right!", judged=True
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HERE = "telegram:-100200:9"


async def _sent(database: Database, name: str, address: str, reply: Reply, receipt: str) -> None:
    row: dict[str, Any] = {"id": name, "address": address, "state": "sent", "attempts": 1, "error": ""}
    row |= {"payload": json.loads(wire.dump_reply(reply)), "quiz_id": reply.id if isinstance(reply, Quiz) else ""}
    row |= {"platform_id": receipt, "due_at": NOW, "created_at": NOW}
    await database.run(insert(metadata.tables["outbound"]).values(row), {})


async def test_a_poll_is_found_with_its_question_and_address(database: Database) -> None:
    await _sent(database, "a", HERE, QUIZ, "poll:5012:77")
    await _sent(database, "b", HERE, MARK, "poll:5012:77")
    await _sent(database, "c", "discord:5", QUIZ, "poll:5013:78")
    await _sent(database, "d", HERE, QUIZ, "5014")
    polls = PostgresPolls(database)
    found = await polls.find("telegram", "5012")
    assert found is not None
    assert (found.address, found.quiz, found.receipt) == (Address.parse(HERE), QUIZ, "poll:5012:77")
    for unknown in ("5013", "5014", "501", "", "%", "5012:77", "\x00"):
        assert await polls.find("telegram", unknown) is None


async def test_questions_count_as_asked_with_and_without_a_platform_id(database: Database) -> None:
    here, there = Address.parse(HERE), Address("telegram", "7")
    await _sent(database, "a", HERE, QUIZ, "")
    await _sent(database, "b", str(there), MARK, "77")
    polls = PostgresPolls(database)
    assert await polls.asked_since(here, NOW)
    assert not await polls.asked_since(here, NOW + timedelta(seconds=1))
    assert not await polls.asked_since(there, NOW)


async def test_the_poll_query_uses_its_index(database: Database) -> None:
    await database.run(text("ANALYZE outbound"), {})
    async with database.begin() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await connection.scalars(text(f"EXPLAIN {FIND_POLL}"), {"poll": "5012"})
        assert "ix_outbound_poll" in "\n".join(plan)


async def test_cleanup_keeps_the_last_poll_of_each_conversation(database: Database) -> None:
    for number in (1, 2):
        await _sent(database, f"q{number}", HERE, QUIZ, f"poll:{number}:7{number}")
        await _sent(database, f"m{number}", HERE, MARK, f"poll:{number}:7{number}")
    assert (await Cleanup(database)(NOW + RETENTION * 2))["outbound"] == 3
    polls = PostgresPolls(database)
    assert await polls.find("telegram", "1") is None
    assert await polls.find("telegram", "2") is not None
