"""Link codes merge two learners without losing data of either."""

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
from tests.storage.rows import NOW, count, everything, holders, linked_notice, put

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
    learner = await links.join("bo", here=HERE, event="web:yes", told=linked_notice)
    assert learner is not None
    return learner


async def test_a_code_is_not_stored_in_clear(links: PostgresLinkCodes, database: Database) -> None:
    await links.offer("ana", CODE)
    assert await count(database, "link_codes") == 1
    assert await holders(database, CODE) == []


async def test_claiming_a_code_returns_the_summary_of_its_owner(links: PostgresLinkCodes, database: Database) -> None:
    await put(database, "cards", learner_id="ana", key="toki-pona/word/moku")
    await put(database, "unit_progress", learner_id="ana", course="english-b1", unit="u1")
    await links.offer("ana", CODE)
    summary = PersonSummary(name="Ana", channels=("telegram",), cards=1, courses=2)
    assert await links.claim("bo", CODE) == summary
    assert await links.claim("bo", CODE) == summary


async def test_a_code_works_for_one_claimant_and_ten_minutes(links: PostgresLinkCodes, clock: ManualClock) -> None:
    await links.offer("ana", CODE)
    assert await links.claim("ana", CODE) == "own"
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    assert await links.claim("cy", CODE) == "unknown"
    await links.decline("bo")
    assert await links.claim("bo", CODE) == "unknown"
    await links.offer("ana", CODE)
    clock.pass_(601)
    assert await links.claim("bo", CODE) == "unknown"


async def test_an_expired_claim_links_nobody(links: PostgresLinkCodes, clock: ManualClock) -> None:
    await links.offer("ana", CODE)
    await links.claim("bo", CODE)
    clock.pass_(601)
    assert await links.join("bo", here=HERE, event="web:yes", told=linked_notice) is None


async def test_a_new_code_replaces_the_previous_one(links: PostgresLinkCodes) -> None:
    await links.offer("ana", CODE)
    await links.offer("ana", "WXYZ6789")
    assert await links.claim("bo", CODE) == "unknown"
    assert isinstance(await links.claim("bo", "WXYZ6789"), PersonSummary)


async def test_concurrent_guesses_are_all_counted(links: PostgresLinkCodes, clock: ManualClock) -> None:
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


async def test_a_correct_code_does_not_reset_the_attempts(links: PostgresLinkCodes) -> None:
    for number in range(MAX_ATTEMPTS - 2):
        assert await links.claim("bo", f"GUESS{number}") == "unknown"
    await links.offer("bo", "OWNCODE2")
    assert await links.claim("bo", "OWNCODE2") == "own"
    await links.offer("ana", CODE)
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    assert await links.claim("bo", "GUESS9") == "tired"


async def test_two_people_who_link_to_each_other_concurrently_become_one(
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
            *(
                links.join(learner, here=Address("web", learner), event=f"web:{learner}", told=linked_notice)
                for learner in pair
            )
        )
        (left,) = [learner for learner in joined if learner is not None]
        rows = await database.run(
            text("SELECT learner_id FROM conversations WHERE address IN (:a, :b)"),
            {"a": f"web:{pair[0]}", "b": f"web:{pair[1]}"},
        )
        assert [row.learner_id for row in rows] == [left.id] * 2


async def test_rows_of_every_table_that_refers_to_a_learner_move_to_the_owner(
    links: PostgresLinkCodes, database: Database
) -> None:
    """A new table that the merge forgets would lose its rows with the guest."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "learners" and not table.name.startswith("link_"):
                await put(database, table.name, **({"id": "x"} if "id" in table.c else {}) | {key.parent.name: "bo"})
    before = {name: len(rows) for name, rows in (await everything(database)).items()}
    await _joined(links)
    after = {name: len(rows) for name, rows in (await everything(database)).items()}
    gone = {name: lines - after.get(name, 0) for name, lines in before.items() if lines != after.get(name, 0)}
    assert gone == {"learners": 1}


async def test_all_data_of_both_belongs_to_the_owner(links: PostgresLinkCodes, database: Database) -> None:
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


async def test_of_two_cards_the_one_with_more_or_later_reviews_stays(
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


async def test_of_two_scores_the_higher_one_and_of_two_sources_the_ready_one_stays(
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
async def test_settings_that_the_owner_never_chose_come_from_the_guest(
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


async def test_a_spent_code_cannot_be_claimed(links: PostgresLinkCodes) -> None:
    await links.offer("ana", CODE)
    await links.spend("GUESS234")
    assert isinstance(await links.claim("bo", CODE), PersonSummary)
    await links.decline("bo")
    await links.offer("ana", CODE)
    await links.spend(CODE)
    assert await links.claim("bo", CODE) == "unknown"
