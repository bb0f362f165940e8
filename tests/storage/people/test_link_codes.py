"""Codes join two people into one, and nothing of either is lost."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.address import Address
from core.conversation import Learner
from core.ports.person import PersonSummary
from storage.engine.database import Database
from storage.people.link_codes import MAX_ATTEMPTS, PostgresLinkCodes
from storage.tables import metadata
from tests.fakes.clock import ManualClock
from tests.storage.rows import NOW, count, everything, holders, put, told

CODE = "ABCD2345"
HERE = Address("web", "bo")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def links(database: Database, clock: ManualClock) -> PostgresLinkCodes:
    for learner, channel in (("ana", "telegram"), ("bo", "web"), ("cy", "slack")):
        await put(database, "learners", id=learner, name=learner.title(), locale="es" if learner == "ana" else "en")
        await put(database, "identities", channel=channel, sender=learner, learner_id=learner)
        await put(database, "conversations", address=f"{channel}:{learner}", learner_id=learner)
    return PostgresLinkCodes(database=database, clock=clock, key=b"k" * 32)


async def _joined(links: PostgresLinkCodes) -> Learner:
    await links.offer("ana", CODE)
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    learner = await links.join("bo", here=HERE, event="web:yes", told=told)
    assert learner is not None
    return learner


async def test_a_code_is_not_kept_as_it_is_said(links: PostgresLinkCodes, database: Database) -> None:
    await links.offer("ana", CODE)
    assert await count(database, "link_codes") == 1
    assert await holders(database, CODE) == []


async def test_who_claims_a_code_is_told_whose_it_is(links: PostgresLinkCodes, database: Database) -> None:
    await put(database, "cards", learner_id="ana", key="toki-pona/word/moku")
    await put(database, "unit_progress", learner_id="ana", course="english-b1", unit="u1")
    await links.offer("ana", CODE)
    told = PersonSummary(name="Ana", channels=("telegram",), cards=1, courses=2)
    assert await links.claim("bo", CODE) == told
    assert await links.claim("bo", CODE) == told


async def test_a_code_is_for_one_and_for_ten_minutes(links: PostgresLinkCodes, clock: ManualClock) -> None:
    await links.offer("ana", CODE)
    assert await links.claim("ana", CODE) == "own"
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    assert await links.claim("cy", CODE) == "unknown"
    await links.decline("bo")
    assert await links.claim("bo", CODE) == "unknown"
    await links.offer("ana", CODE)
    clock.pass_(601)
    assert await links.claim("bo", CODE) == "unknown"


async def test_who_takes_too_long_to_decide_joins_nobody(links: PostgresLinkCodes, clock: ManualClock) -> None:
    await links.offer("ana", CODE)
    await links.claim("bo", CODE)
    clock.pass_(601)
    assert await links.join("bo", here=HERE, event="web:yes", told=told) is None


async def test_a_new_code_replaces_the_old_one(links: PostgresLinkCodes) -> None:
    await links.offer("ana", CODE)
    await links.offer("ana", "WXYZ6789")
    assert await links.claim("bo", CODE) == "unknown"
    assert isinstance(await links.claim("bo", "WXYZ6789"), PersonSummary)


async def test_guesses_are_counted_for_whoever_tries_even_all_at_once(
    links: PostgresLinkCodes, clock: ManualClock
) -> None:
    await links.offer("ana", CODE)
    tried = await asyncio.gather(*(links.claim("bo", f"GUESS{number}") for number in range(2 * MAX_ATTEMPTS)))
    assert sorted(map(str, tried)) == ["tired"] * MAX_ATTEMPTS + ["unknown"] * MAX_ATTEMPTS
    assert await links.claim("bo", CODE) == "tired"
    assert isinstance(await links.claim("cy", CODE), PersonSummary)
    await links.offer("ana", CODE)
    clock.pass_(timedelta(hours=1).total_seconds() - 1)
    assert await links.claim("bo", CODE) == "tired"
    clock.pass_(2)
    await links.offer("ana", CODE)
    assert isinstance(await links.claim("bo", CODE), PersonSummary)


async def test_nobody_gets_new_tries_by_a_code_that_they_know(links: PostgresLinkCodes) -> None:
    for number in range(MAX_ATTEMPTS - 2):
        assert await links.claim("bo", f"GUESS{number}") == "unknown"
    await links.offer("bo", "OWNCODE2")
    assert await links.claim("bo", "OWNCODE2") == "own"
    await links.offer("ana", CODE)
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    assert await links.claim("bo", "GUESS9") == "tired"


async def test_of_two_who_join_each_other_at_once_one_joins_the_other(
    links: PostgresLinkCodes, database: Database
) -> None:
    for round_ in range(5):
        pair = [f"l{round_}", f"r{round_}"]
        for learner in pair:
            await put(database, "learners", id=learner)
            await put(database, "conversations", address=f"web:{learner}", learner_id=learner)
            await links.offer(learner, f"CODE{learner}".upper())
        for learner, other in (pair, pair[::-1]):
            assert isinstance(await links.claim(learner, f"CODE{other}".upper()), PersonSummary)
        joined = await asyncio.gather(
            *(links.join(learner, here=Address("web", learner), event=f"web:{learner}", told=told) for learner in pair)
        )
        (left,) = [learner for learner in joined if learner is not None]
        rows = await database.run(
            text("SELECT learner_id FROM conversations WHERE address IN (:a, :b)"),
            {"a": f"web:{pair[0]}", "b": f"web:{pair[1]}"},
        )
        assert [row.learner_id for row in rows] == [left.id] * 2


async def test_whatever_names_a_learner_goes_along(links: PostgresLinkCodes, database: Database) -> None:
    """A table that is new and forgotten here would lose its rows with the learner who joins."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "learners" and not table.name.startswith("link_"):
                await put(database, table.name, **({"id": "x"} if "id" in table.c else {}) | {key.parent.name: "bo"})
    before = {name: len(rows) for name, rows in (await everything(database)).items()}
    await _joined(links)
    after = {name: len(rows) for name, rows in (await everything(database)).items()}
    gone = {name: lines - after.get(name, 0) for name, lines in before.items() if lines != after.get(name, 0)}
    assert gone == {"learners": 1}


async def test_everything_of_both_is_one_persons(links: PostgresLinkCodes, database: Database) -> None:
    for learner in ("ana", "bo"):
        await put(database, "reviews", learner_id=learner, card="c", rating=3)
        await put(database, "turns", id=learner, address=f"{_channel(learner)}:{learner}", learner_id=learner, cost=0.5)
        await put(database, "sources", id=learner, owner=learner, uri=f"blob:{learner}")
        await put(database, "passages", id=len(learner), source_id=learner)
        await put(database, "vectors", passage_id=len(learner), owner=learner, embedding=[1.0])
    joined = await _joined(links)
    assert (joined.id, joined.name, joined.locale) == ("ana", "Ana", "es")
    rows = await database.run(
        text(
            """
            SELECT 'reviews' AS part, count(*) FROM reviews WHERE learner_id = 'ana'
            UNION ALL SELECT 'turns', count(*) FROM turns WHERE learner_id = 'ana'
            UNION ALL SELECT 'sources', count(*) FROM sources WHERE owner = 'ana'
            UNION ALL SELECT 'vectors', count(*) FROM vectors WHERE owner = 'ana'
            UNION ALL SELECT 'conversations', count(*) FROM conversations WHERE learner_id = 'ana'
            UNION ALL SELECT 'identities', count(*) FROM identities WHERE learner_id = 'ana'
            """
        ),
        {},
    )
    assert {row.part: row.count for row in rows} == dict.fromkeys(
        ("reviews", "turns", "sources", "vectors", "conversations", "identities"), 2
    )
    assert await count(database, "learners") == 2


def _channel(learner: str) -> str:
    return {"ana": "telegram", "bo": "web"}[learner]


async def test_of_two_cards_the_one_reviewed_more_stays_then_the_one_reviewed_last_then_the_owners(
    links: PostgresLinkCodes, database: Database
) -> None:
    for key, owner, guest in (("more", 2, 5), ("less", 5, 2), ("later", 3, 3), ("same", 1, 1)):
        await put(database, "cards", learner_id="ana", key=key, reps=owner, state="owner")
        await put(database, "cards", learner_id="bo", key=key, reps=guest, state="guest")
    await put(database, "cards", learner_id="bo", key="alone", state="guest")
    await put(database, "reviews", learner_id="ana", card="later", at=NOW)
    await put(database, "reviews", learner_id="bo", card="later", at=NOW + timedelta(days=1))
    await _joined(links)
    rows = await database.run(text("SELECT learner_id, key, state FROM cards ORDER BY key"), {})
    assert {row.learner_id for row in rows} == {"ana"}
    assert {row.key: row.state for row in rows} == {
        "alone": "guest",
        "later": "guest",
        "less": "owner",
        "more": "guest",
        "same": "owner",
    }


async def test_of_two_scores_the_better_one_stays_and_of_two_readings_the_one_that_is_done(
    links: PostgresLinkCodes, database: Database
) -> None:
    for unit, owner, guest in (("u1", 0.5, 0.9), ("u2", 0.9, 0.5)):
        await put(database, "unit_progress", learner_id="ana", course="c", unit=unit, score=owner)
        await put(database, "unit_progress", learner_id="bo", course="c", unit=unit, score=guest)
    await put(database, "sources", id="failed", owner="ana", uri="https://x.y/", state="failed")
    await put(database, "sources", id="ready", owner="bo", uri="https://x.y/", state="ready")
    await _joined(links)
    scores = await database.run(
        text("SELECT unit, score FROM unit_progress WHERE learner_id = 'ana' ORDER BY unit"), {}
    )
    assert [tuple(row) for row in scores] == [("u1", 0.9), ("u2", 0.9)]
    sources = await database.run(text("SELECT id, owner FROM sources"), {})
    assert [tuple(row) for row in sources] == [("ready", "ana")]


@pytest.mark.parametrize(("owner", "guest", "left"), [("", "es", "es"), ("vi", "es", "vi")])
async def test_what_the_owner_never_chose_is_as_the_guest_chose_it(
    links: PostgresLinkCodes, database: Database, owner: str, guest: str, left: str
) -> None:
    for learner, locale in (("ana", owner), ("bo", guest)):
        row = {"id": learner, "locale": locale, "zone": "Asia/Saigon" if locale == "es" else "UTC"}
        row["voice"] = "always" if locale == "es" else "auto"
        await database.run(
            text("UPDATE learners SET locale = :locale, zone = :zone, voice = :voice WHERE id = :id"), row
        )
    joined = await _joined(links)
    assert (joined.locale, joined.zone, joined.voice) == (left, "Asia/Saigon", "always")


async def test_a_code_that_others_could_read_joins_nobody(links: PostgresLinkCodes) -> None:
    await links.offer("ana", CODE)
    await links.spend("GUESS234")
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    await links.decline("bo")
    await links.offer("ana", CODE)
    await links.spend(CODE)
    assert await links.claim("bo", CODE) == "unknown"
