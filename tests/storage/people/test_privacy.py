"""Forgetting a person deletes every trace, and an export contains everything."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.address import Address
from core.channel import LiveTarget, LiveUpdates
from core.conversation import ClaimedTurn, Message, Turn
from core.dialogue.draft import TurnDraft
from core.errors import Superseded
from core.event import Said, Sender
from core.ports.person import Forgotten
from core.reply import Reply, Text
from storage.engine.database import Database
from storage.knowledge.sources import PostgresSources
from storage.maintenance.expiry import Expiry
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.feed import PostgresFeed
from storage.people.export_zip import build_zip
from storage.people.personal_data import PersonalData
from storage.people.privacy import PostgresPrivacy
from storage.valkey.pubsub import PubSub
from tests.fakes.messaging import Street, echo
from tests.storage.rows import count, holders, put

ANA, PAGE, WORD = "ana77", "page88", "zirkon"
"""Her ids on two platforms, and a word that only she uses."""
HERE, WEB = Address("test", ANA), Address("web", PAGE)
_WHO = text("SELECT learner_id FROM identities WHERE sender = :sender")


def receipt(forgotten: Forgotten) -> Reply:
    return Text(text=f"gone: {forgotten.messages} messages, {forgotten.cards} cards, {forgotten.files} files")


@pytest.fixture
def street(database: Database) -> Street:
    return Street(database)


@pytest.fixture
def privacy(database: Database, street: Street) -> PostgresPrivacy:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    return PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="https://sona.example/")


@pytest.fixture
async def feed(database: Database, redis_url: str, street: Street) -> AsyncIterator[PostgresFeed]:
    pubsub = PubSub(redis_url)
    yield (feed := PostgresFeed(database=database, pubsub=pubsub, clock=street.clock))
    await feed.close()
    await pubsub.close()


@pytest.fixture
async def ana(database: Database, street: Street, feed: PostgresFeed) -> str:
    """The id of a learner on two platforms and in a group, with a document, a voice note and cards; Bo is another learner."""
    for chat in (ANA, "bo"):
        await street.says(f"I am {WORD if chat == ANA else 'quiet'}", chat)
        await street.answers(chat)
    (found,) = await database.run(_WHO, {"sender": ANA})
    learner = str(found.learner_id)
    await put(database, "identities", channel="web", sender=PAGE, learner_id=learner)
    await put(database, "conversations", address=str(WEB), learner_id=learner)
    for number in range(3):
        await feed.append(WEB, f"k{number}", {"role": "person", "text": WORD})
    await _write_in_the_group(street)
    blobs = PostgresBlobs(database=database, clock=street.clock)
    for kind, mime in (("voice", "audio/ogg"), ("lipu", "text/plain")):
        ref = await blobs.put(f"{kind} {WORD}".encode(), mime=mime)
        await put(database, "sources", id=f"s-{kind}", uri=ref, owner=learner, title=WORD)
    await put(database, "passages", id=1, source_id="s-lipu", text=WORD)
    await put(database, "vectors", passage_id=1, owner=learner, embedding=[1.0])
    await put(database, "postings", source_id="s-lipu", term=WORD, owner=learner)
    await put(database, "cards", learner_id=learner, key="toki-pona/word/moku", state=WORD)
    for address in (HERE, WEB):
        await put(database, "consents", address=str(address))
        await put(database, "allowances", address=str(address))
    return learner


async def _write_in_the_group(street: Street) -> None:
    for chat, words in ((ANA, f"we said {WORD}"), ("bo", "we said nothing")):
        street.clock.pass_(1)
        event = replace(
            street.event(words, "club"), sender=Sender(id=chat, name=chat), group=True, addressed=chat == "bo"
        )
        await street.inbox.accept(event)
    street.mind.thinking = _storing_messages
    await street.answers("club")
    street.mind.thinking = echo


async def _storing_messages(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
    """Store each message without repeating its text in the reply."""
    said = tuple(
        Message(role="person", text=event.body.text, at=event.at, speaker=event.sender.name, sender=event.sender.id)
        for event in claimed.events
        if isinstance(event.body, Said)
    )
    return TurnDraft(conversation=claimed.conversation, replies=(Text(text="pona"),), messages=said)


async def test_no_table_has_traces_of_a_forgotten_person_once_the_receipt_is_delivered(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    traces = (WORD, ANA, PAGE, ana)
    assert all([await holders(database, trace) for trace in traces])
    await street.says("forget me", ANA)
    await privacy.pack(ana)
    forgotten = await privacy.forget(ana, HERE, receipt)
    assert forgotten is not None
    assert (forgotten.messages, forgotten.cards, forgotten.documents, forgotten.files) == (3, 1, 2, 3)
    assert set(forgotten.addresses) == {HERE, WEB}
    assert [await holders(database, trace) for trace in (WORD, ana)] == [[], []]
    await street.deliver(HERE)
    assert street.channel.to(HERE)[-1] == receipt(forgotten)
    await Expiry(database)(street.clock.now())
    assert await holders(database, ANA) == []
    street.clock.pass_(3601)
    await Expiry(database)(street.clock.now())
    assert [await holders(database, trace) for trace in traces] == [[]] * 4
    assert await count(database, "blobs") == 0
    await Expiry(database).delete_leftovers(street.clock.now())
    assert await count(database, "forget_receipts") == 0


async def test_other_people_and_groups_keep_their_data(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    before = await holders(database, "quiet")
    await privacy.forget(ana, HERE, receipt)
    assert await holders(database, "quiet") == before
    assert await holders(database, "we said nothing") == ["events", "messages"]
    assert await holders(database, "we said zirkon") == []
    await street.says("still here", "bo")
    assert (await street.answers("bo"))[-1] == Text(text="still here")


async def test_a_persons_messages_in_groups_are_deleted_even_without_their_events(
    privacy: PostgresPrivacy, database: Database, ana: str
) -> None:
    await database.run(text("DELETE FROM events"), {})
    assert await holders(database, f"we said {WORD}") == ["messages"]
    await privacy.forget(ana, HERE, receipt)
    assert await holders(database, f"we said {WORD}") == []


async def test_a_turn_that_runs_during_forgetting_is_superseded(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    await street.says(f"more of {WORD}", ANA)
    claimed = await street.turns.open(HERE, timedelta(seconds=30))
    assert claimed is not None
    draft = await street.mind.thinking(claimed, street.channel.live(LiveTarget(address=HERE)))
    await privacy.forget(ana, WEB, receipt)
    now = street.clock.now()
    turn = Turn(conversation=draft.conversation, replies=(), messages=draft.messages, started=now, ended=now)
    with pytest.raises(Superseded):
        await street.turns.close(claimed, turn)
    assert await holders(database, WORD) == []


async def test_late_writes_of_such_a_turn_are_deleted_by_the_expiry(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    await privacy.forget(ana, HERE, receipt)
    await blobs.put(f"late {WORD}".encode(), mime="audio/ogg")
    await put(database, "sources", id="late", owner=ana, title=WORD)
    street.clock.pass_(3601)
    await privacy.forget(await _bos(database), Address("test", "bo"), receipt)
    await blobs.put(f"later {WORD}".encode(), mime="audio/ogg")
    street.clock.pass_(3601)
    await blobs.put(b"of somebody else", mime="audio/ogg")
    await Expiry(database).delete_leftovers(street.clock.now())
    assert await holders(database, WORD) == []
    assert await count(database, "blobs") == 1


async def _bos(database: Database) -> str:
    (found,) = await database.run(_WHO, {"sender": "bo"})
    return str(found.learner_id)


async def test_undelivered_messages_are_deleted_and_the_receipt_is_sent_last(
    privacy: PostgresPrivacy, street: Street, ana: str
) -> None:
    await street.says("undelivered", ANA)
    await street.converse(HERE)
    await privacy.forget(ana, HERE, receipt)
    await street.deliver(HERE)
    assert [reply for reply in street.channel.to(HERE) if reply == Text(text="undelivered")] == []
    assert await privacy.forget(ana, HERE, receipt) is None


async def test_an_open_page_gets_the_receipt_as_its_next_entry(
    privacy: PostgresPrivacy, street: Street, database: Database, feed: PostgresFeed, ana: str
) -> None:
    async with feed.listen(WEB) as items:
        await privacy.forget(ana, WEB, receipt)
        due = await street.outbox.next(WEB, timedelta(seconds=30))
        assert due is not None
        assert await feed.append(WEB, due.outbound.id, {"role": "sona"}) == 4
        assert (await anext(items)).body == {"role": "sona"}
        await street.outbox.sent(due.outbound, "4")
        await Expiry(database)(street.clock.now())
        assert [entry.seq for entry in await feed.since(WEB, 0)] == [3, 4]
        street.clock.pass_(3601)
        await Expiry(database)(street.clock.now())
        assert await feed.since(WEB, 0) == ()
        await feed.append(WEB, "again", {"role": "person"})
        assert (await anext(items)).body == {"role": "person"}


async def test_the_exported_file_has_all_rows_and_blobs(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    first = await privacy.pack(ana)
    assert await privacy.pack(ana) == first
    street.clock.pass_(601)
    media = await privacy.pack(ana)
    data, mime = await blobs.get(media.ref)
    assert (mime, media.name, media.size) == ("application/zip", "sona-2026-11-21.zip", len(data))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        records = json.loads(archive.read("records.json"))
        files = {blob["file"]: archive.read(blob["file"]).decode() for blob in records["blobs"]}
    assert set(files.values()) == {f"voice {WORD}", f"lipu {WORD}"}
    assert {"learners", "identities", "messages", "cards", "sources", "feed", "vectors"} <= records.keys()
    assert any("we said zirkon" in str(event) for event in records["events"])
    assert first.ref not in str(records["blobs"])


async def test_a_download_link_works_once_and_for_a_day(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    first = (await privacy.link(await privacy.pack(ana))).rpartition("/")
    street.clock.pass_(601)
    second = (await privacy.link(await privacy.pack(ana))).rpartition("/")
    assert first[0] == "https://sona.example/file"
    assert await privacy.waits(first[2])
    taken = await privacy.take(first[2])
    assert taken is not None
    assert taken[1] == "sona-2026-11-21.zip"
    assert (await privacy.waits(first[2]), await privacy.take(first[2])) == (False, None)
    assert await holders(database, second[2]) == []
    street.clock.pass_(24 * 3600 + 1)
    assert await privacy.take(second[2]) is None
    await Expiry(database)(street.clock.now())
    assert await count(database, "downloads") == 0
    rows = await database.run(text("SELECT key FROM blobs WHERE mime = 'application/zip'"), {})
    assert list(rows) == []


async def test_sources_of_a_forgotten_person_no_longer_exist(
    privacy: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    library = PostgresSources(database=database, clock=street.clock)
    assert await library.exists("s-lipu")
    await privacy.forget(ana, HERE, receipt)
    assert not await library.exists("s-lipu")


async def test_an_export_over_the_limit_has_the_newest_blobs_and_lists_the_others(
    street: Street, database: Database, ana: str
) -> None:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    street.clock.pass_(60)
    newest = await blobs.put(b"0123456789", mime="audio/ogg")
    await put(database, "sources", id="s-newest", uri=newest, owner=ana)
    records = await PersonalData(database).export(ana, max_bytes=12)
    assert {blob["key"] for blob in records["blobs"] if blob["data"]} == {newest}
    assert len(records["blobs"]) == 3
    with zipfile.ZipFile(io.BytesIO(build_zip(records, street.clock.now()))) as archive:
        listed = json.loads(archive.read("records.json"))["blobs"]
        assert len(archive.namelist()) == 2
    assert sorted(bool(blob["file"]) for blob in listed) == [False, False, True]
