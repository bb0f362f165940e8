"""Which conversations belong to whom after linking and unlinking."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core import wire
from core.address import Address
from core.conversation import ConversationState, Learner
from core.event import Sender
from core.ports.person import PersonSummary
from storage.engine.database import Database
from storage.maintenance.expiry import Expiry
from storage.people.link_codes import PostgresLinkCodes
from storage.people.people import PostgresPeople
from tests.fakes.clock import ManualClock
from tests.storage.rows import NOW, count, linked_notice, put

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


async def test_unlinking_moves_the_conversation_and_leaves_the_study_data(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    await put(database, "cards", learner_id="bo", key="c")
    joined = await _joined(links)
    people = PostgresPeople(database=database, clock=clock)
    parted = await people.part(joined, Sender(id="bo", name="Bo"), HERE, event="web:part")
    assert parted is not None
    fresh = parted.learner
    assert (fresh.name, fresh.locale, parted.channels) == ("Bo", "es", ("telegram",))
    assert await people.standing(fresh.id) == PersonSummary(name="Bo", channels=("web",))
    assert await people.standing("ana") == PersonSummary(name="Ana", channels=("telegram",), cards=1, courses=1)
    rows = await database.run(text("SELECT address FROM conversations WHERE learner_id = :id"), {"id": fresh.id})
    assert [row.address for row in rows] == [str(HERE)]
    assert await people.part(fresh, Sender(id="bo"), HERE, event="web:again") is None


async def test_the_persons_last_other_conversation_is_found(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    joined = await _joined(links)
    people = PostgresPeople(database=database, clock=clock)
    await put(database, "messages", address="telegram:ana", role="person", text="toki")
    there = await people.elsewhere(joined, HERE)
    assert there is not None
    assert (str(there.address), [message.text for message in there.history]) == ("telegram:ana", ["toki"])
    assert await people.at_rest(there)
    await database.run(text("UPDATE conversations SET version = version + 1 WHERE address = 'telegram:ana'"), {})
    assert not await people.at_rest(there)
    assert await people.elsewhere(replace(joined, id="cy"), Address("slack", "cy")) is None


async def test_unlinking_moves_all_conversations_of_the_sender_even_without_events(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    """Her thread, her ephemeral messages in a channel, and a thread without a known sender move; those of others stay."""
    hers = ("web:bo:1", "web:club:@bo", "web:other")
    for address, sender in zip((*hers, "web:bo:2", "web:club:@eve"), ("bo", "bo", "bo", "", "eve"), strict=True):
        await put(database, "conversations", address=address, learner_id="bo", sender=sender)
    joined = await _joined(links)
    await put(database, "identities", channel="web", sender="eve", learner_id="ana")
    people = PostgresPeople(database=database, clock=clock)
    parted = await people.part(joined, Sender(id="bo"), HERE, event="web:part")
    assert parted is not None
    rows = await database.run(text("SELECT address FROM conversations WHERE learner_id = 'ana' ORDER BY address"), {})
    assert [row.address for row in rows] == ["telegram:ana", "web:club:@eve"]


async def test_a_repeated_event_links_and_unlinks_with_the_same_result(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    joined = await _joined(links)
    assert await links.join("ana", here=HERE, event="web:yes", told=linked_notice) == joined
    assert await links.join("ana", here=HERE, event="web:another", told=linked_notice) is None
    people = PostgresPeople(database=database, clock=clock)
    parted = await people.part(joined, Sender(id="bo"), HERE, event="web:part")
    assert parted is not None
    assert await people.part(parted.learner, Sender(id="bo"), HERE, event="web:part") == parted
    assert await count(database, "learners") == 3


async def test_a_conversation_with_a_course_is_preferred_over_a_newer_one_without(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    joined = await _joined(links)
    lesson = wire.dump_state(ConversationState(course="toki-pona", unit="u3"))
    for address, state, later in (
        ("telegram:ana", lesson, 0),
        ("web:bo", wire.dump_state(ConversationState(title="hi")), 1),
    ):
        moved = {"address": address, "state": state, "at": NOW + timedelta(hours=later)}
        await database.run(
            text(
                "UPDATE conversations SET state = CAST(:state AS jsonb), updated_at = :at, learner_id = 'ana' "
                "WHERE address = :address"
            ),
            moved,
        )
    there = await PostgresPeople(database=database, clock=clock).elsewhere(joined, Address("sms", "+1555"))
    assert there is not None
    assert (str(there.address), there.unit) == ("telegram:ana", "u3")


async def test_running_turns_of_the_guest_are_superseded_by_linking(
    links: PostgresLinkCodes, database: Database, clock: ManualClock
) -> None:
    """They read the guest's data, and their writes would belong to a deleted learner."""
    for address in ("web:bo", "web:bo:1"):
        if address != str(HERE):
            await put(database, "conversations", address=address, learner_id="bo")
        lease = {"address": address, "until": clock.now() + timedelta(seconds=30)}
        await database.run(
            text("UPDATE conversations SET lease_token = 't', lease_until = :until WHERE address = :address"), lease
        )
    await _joined(links)
    rows = await database.run(
        text("SELECT address, lease_token, version FROM conversations WHERE address LIKE 'web:%' ORDER BY 1"), {}
    )
    assert [tuple(row) for row in rows] == [("web:bo", "t", 0), ("web:bo:1", None, 1)]
    await put(database, "sources", id="late", owner="bo", uri="blob:late")
    await Expiry(database).delete_leftovers(clock.now() + timedelta(hours=2))
    assert await count(database, "sources") == 0


async def test_the_owner_is_notified_at_their_last_address_that_accepts_messages(
    links: PostgresLinkCodes, database: Database
) -> None:
    for address, moved in (("telegram:ana:7", 1), ("slack:T1.C9:@ana", 2)):
        await put(database, "conversations", address=address, learner_id="ana", updated_at=NOW + timedelta(hours=moved))
    await _joined(links)
    rows = await database.run(text("SELECT address, payload #>> '{is,text}' AS words FROM outbound"), {})
    assert [tuple(row) for row in rows] == [("telegram:ana:7", "joined to ana")]
