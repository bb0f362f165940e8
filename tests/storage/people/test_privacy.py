"""Who is forgotten leaves nothing behind, in no table and no file; who asks gets everything, once."""

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
"""Her id on one platform and on another, and a word that only she says."""
HERE, WEB = Address("test", ANA), Address("web", PAGE)
_WHO = text("SELECT learner_id FROM identities WHERE sender = :sender")


def told(forgotten: Forgotten) -> Reply:
    return Text(text=f"gone: {forgotten.messages} messages, {forgotten.cards} cards, {forgotten.files} files")


@pytest.fixture
def street(database: Database) -> Street:
    return Street(database)


@pytest.fixture
def leaving(database: Database, street: Street) -> PostgresPrivacy:
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
    """Somebody on two platforms and in a group, with a document, a voice note and cards; and somebody else beside her."""
    for chat in (ANA, "bo"):
        await street.says(f"I am {WORD if chat == ANA else 'quiet'}", chat)
        await street.answers(chat)
    (found,) = await database.run(_WHO, {"sender": ANA})
    learner = str(found.learner_id)
    await put(database, "identities", channel="web", sender=PAGE, learner_id=learner)
    await put(database, "conversations", address=str(WEB), learner_id=learner)
    for number in range(3):
        await feed.append(WEB, f"k{number}", {"role": "person", "text": WORD})
    await _in_the_group(street)
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


async def _in_the_group(street: Street) -> None:
    for chat, words in ((ANA, f"we said {WORD}"), ("bo", "we said nothing")):
        street.clock.pass_(1)
        event = replace(
            street.event(words, "club"), sender=Sender(id=chat, name=chat), group=True, addressed=chat == "bo"
        )
        await street.inbox.accept(event)
    street.mind.thinking = _listening
    await street.answers("club")
    street.mind.thinking = echo


async def _listening(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
    """Notes what each said and repeats none of it."""
    said = tuple(
        Message(role="person", text=event.body.text, at=event.at, speaker=event.sender.name, sender=event.sender.id)
        for event in claimed.events
        if isinstance(event.body, Said)
    )
    return TurnDraft(conversation=claimed.conversation, replies=(Text(text="pona"),), messages=said)


async def test_nothing_of_who_was_forgotten_stands_in_any_table_once_the_receipt_is_read(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    traces = (WORD, ANA, PAGE, ana)
    assert all([await holders(database, trace) for trace in traces])
    await street.says("forget me", ANA)
    await leaving.pack(ana)
    forgotten = await leaving.forget(ana, HERE, told)
    assert forgotten is not None
    assert (forgotten.messages, forgotten.cards, forgotten.documents, forgotten.files) == (3, 1, 2, 3)
    assert set(forgotten.addresses) == {HERE, WEB}
    assert [await holders(database, trace) for trace in (WORD, ana)] == [[], []]
    await street.deliver(HERE)
    assert street.channel.to(HERE)[-1] == told(forgotten)
    await Expiry(database)(street.clock.now())
    assert await holders(database, ANA) == []
    street.clock.pass_(3601)
    await Expiry(database)(street.clock.now())
    assert [await holders(database, trace) for trace in traces] == [[]] * 4
    assert await count(database, "blobs") == 0
    await Expiry(database).delete_leftovers(street.clock.now())
    assert await count(database, "forget_receipts") == 0


async def test_others_keep_everything_and_so_does_a_group(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    before = await holders(database, "quiet")
    await leaving.forget(ana, HERE, told)
    assert await holders(database, "quiet") == before
    assert await holders(database, "we said nothing") == ["events", "messages"]
    assert await holders(database, "we said zirkon") == []
    await street.says("still here", "bo")
    assert (await street.answers("bo"))[-1] == Text(text="still here")


async def test_what_was_said_in_a_group_goes_even_after_its_events_went(
    leaving: PostgresPrivacy, database: Database, ana: str
) -> None:
    await database.run(text("DELETE FROM events"), {})
    assert await holders(database, f"we said {WORD}") == ["messages"]
    await leaving.forget(ana, HERE, told)
    assert await holders(database, f"we said {WORD}") == []


async def test_a_turn_that_runs_meanwhile_is_thrown_away(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    await street.says(f"more of {WORD}", ANA)
    claimed = await street.turns.open(HERE, timedelta(seconds=30))
    assert claimed is not None
    draft = await street.mind.thinking(claimed, street.channel.live(LiveTarget(address=HERE)))
    await leaving.forget(ana, WEB, told)
    now = street.clock.now()
    turn = Turn(conversation=draft.conversation, replies=(), messages=draft.messages, started=now, ended=now)
    with pytest.raises(Superseded):
        await street.turns.close(claimed, turn)
    assert await holders(database, WORD) == []


async def test_what_such_a_turn_put_down_a_moment_later_is_found_by_the_clean_up(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    await leaving.forget(ana, HERE, told)
    await blobs.put(f"late {WORD}".encode(), mime="audio/ogg")
    await put(database, "sources", id="late", owner=ana, title=WORD)
    street.clock.pass_(3601)
    await leaving.forget(await _bos(database), Address("test", "bo"), told)
    await blobs.put(f"later {WORD}".encode(), mime="audio/ogg")
    street.clock.pass_(3601)
    await blobs.put(b"of somebody else", mime="audio/ogg")
    await Expiry(database).delete_leftovers(street.clock.now())
    assert await holders(database, WORD) == []
    assert await count(database, "blobs") == 1


async def _bos(database: Database) -> str:
    (found,) = await database.run(_WHO, {"sender": "bo"})
    return str(found.learner_id)


async def test_parcels_that_were_never_delivered_are_gone_and_the_receipt_is_the_last_word(
    leaving: PostgresPrivacy, street: Street, ana: str
) -> None:
    await street.says("undelivered", ANA)
    await street.converse(HERE)
    await leaving.forget(ana, HERE, told)
    await street.deliver(HERE)
    assert [reply for reply in street.channel.to(HERE) if reply == Text(text="undelivered")] == []
    assert await leaving.forget(ana, HERE, told) is None


async def test_a_page_that_is_open_sees_the_receipt_as_its_next_line(
    leaving: PostgresPrivacy, street: Street, database: Database, feed: PostgresFeed, ana: str
) -> None:
    async with feed.listen(WEB) as lines:
        await leaving.forget(ana, WEB, told)
        due = await street.outbox.next(WEB, timedelta(seconds=30))
        assert due is not None
        assert await feed.append(WEB, due.outbound.id, {"role": "sona"}) == 4
        assert (await anext(lines)).body == {"role": "sona"}
        await street.outbox.sent(due.outbound, "4")
        await Expiry(database)(street.clock.now())
        assert [entry.seq for entry in await feed.since(WEB, 0)] == [3, 4]
        street.clock.pass_(3601)
        await Expiry(database)(street.clock.now())
        assert await feed.since(WEB, 0) == ()
        await feed.append(WEB, "again", {"role": "person"})
        assert (await anext(lines)).body == {"role": "person"}


async def test_everything_is_handed_out_in_one_file_with_its_sounds_beside_it(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    first = await leaving.pack(ana)
    assert await leaving.pack(ana) == first
    street.clock.pass_(601)
    media = await leaving.pack(ana)
    data, mime = await blobs.get(media.ref)
    assert (mime, media.name, media.size) == ("application/zip", "sona-2026-11-21.zip", len(data))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        records = json.loads(archive.read("records.json"))
        files = {blob["file"]: archive.read(blob["file"]).decode() for blob in records["blobs"]}
    assert set(files.values()) == {f"voice {WORD}", f"lipu {WORD}"}
    assert {"learners", "identities", "messages", "cards", "sources", "feed", "vectors"} <= records.keys()
    assert any("we said zirkon" in str(event) for event in records["events"])
    assert first.ref not in str(records["blobs"])


async def test_an_address_for_the_file_is_good_once_and_for_a_day(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    first = (await leaving.link(await leaving.pack(ana))).rpartition("/")
    street.clock.pass_(601)
    second = (await leaving.link(await leaving.pack(ana))).rpartition("/")
    assert first[0] == "https://sona.example/file"
    assert await leaving.waits(first[2])
    taken = await leaving.take(first[2])
    assert taken is not None
    assert taken[1] == "sona-2026-11-21.zip"
    assert (await leaving.waits(first[2]), await leaving.take(first[2])) == (False, None)
    assert await holders(database, second[2]) == []
    street.clock.pass_(24 * 3600 + 1)
    assert await leaving.take(second[2]) is None
    await Expiry(database)(street.clock.now())
    assert await count(database, "downloads") == 0
    rows = await database.run(text("SELECT key FROM blobs WHERE mime = 'application/zip'"), {})
    assert list(rows) == []


async def test_what_was_being_read_for_who_was_forgotten_stands_no_longer(
    leaving: PostgresPrivacy, street: Street, database: Database, ana: str
) -> None:
    library = PostgresSources(database=database, clock=street.clock)
    assert await library.exists("s-lipu")
    await leaving.forget(ana, HERE, told)
    assert not await library.exists("s-lipu")


async def test_files_that_are_too_many_are_listed_and_the_newest_come(
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
