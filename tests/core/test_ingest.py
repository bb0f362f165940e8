from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pytest

from core.address import Address
from core.errors import Failure, Malformed, Refused, Throttled, Unreachable
from core.event import Ready
from core.ingest import Ingest, IngestLimits
from core.ports.documents import Fetched, Unreadable
from core.ports.knowledge import KnowledgeSource
from core.providers.documents.reader import SubprocessReader
from core.providers.web.fetcher import WebFetcher
from tests.fakes.clock import ManualClock
from tests.fakes.ingest import Counter, Letterbox, Pages, Shelf, Splitter
from tests.fakes.website import website

ASKED = KnowledgeSource(id="s1", uri="https://a.org/tea", title="https://a.org/tea", owner="ann", notify="telegram:7")


@dataclass
class Room:
    clock: ManualClock = field(default_factory=ManualClock)
    box: Letterbox = field(default_factory=Letterbox)
    embedder: Counter = field(default_factory=Counter)
    reader: Splitter = field(default_factory=Splitter)
    pages: Pages = field(default_factory=Pages)
    removed: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.clock)
        self.pages.pages[ASKED.uri] = Fetched(
            data=b"one\ntwo\nthree", mime="text/plain", url="https://a.org/tea/", title="tea"
        )
        self.ingest = Ingest(
            library=self.shelf,
            fetcher=self.pages,
            blobs=self.pages,
            reader=self.reader,
            embedder=self.embedder,
            inbox=self.box,
            wake=self.box,
            clock=self.clock,
            locale=self.locale,
            terms=IngestLimits(batch=2, attempts=3),
            stands=self.stands,
        )

    async def stands(self, source: str) -> bool:
        return source not in self.removed

    async def locale(self, source: KnowledgeSource) -> str:
        return "es" if source.owner == "ana" else "en"

    def told(self) -> list[Ready]:
        return [event.body for event in self.box.events if isinstance(event.body, Ready)]

    def states(self) -> list[tuple[str, int, int]]:
        return [(note.state, note.done, note.total) for note in self.shelf.notes]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_page_becomes_passages_and_whoever_asked_hears_of_it(room: Room) -> None:
    await room.shelf.add(ASKED)
    await room.ingest("s1")
    stored = room.shelf.stored[0]
    assert (stored.uri, stored.owner, stored.link) == (ASKED.uri, "ann", "https://a.org/tea/")
    assert [passage.text for passage in stored.passages] == ["one", "two", "three"]
    assert room.embedder.texts == ["S\none", "S\ntwo", "S\nthree"]
    assert room.shelf.vectors is not None
    assert np.array_equal(room.shelf.vectors, [[5, 1], [5, 1], [7, 1]])
    assert room.states() == [("reading", 0, 0), ("embedding", 0, 3), ("embedding", 2, 3), ("ready", 3, 3)]
    assert room.told() == [Ready(what="ingest", text="“Read title” (passages: 3). Ask me anything about it.", of="s1")]
    assert room.box.events[0].id == "ready:s1:1"
    assert room.box.rings == [Address("telegram", "7")]


async def test_an_embedder_that_learns_its_size_from_its_first_answer_reads_a_first_source(room: Room) -> None:
    room.embedder.dimensions = 0
    await room.shelf.add(ASKED)
    await room.ingest("s1")
    assert room.states()[-1] == ("ready", 3, 3)
    assert room.shelf.vectors is not None
    assert room.shelf.vectors.shape == (3, 2)


async def test_a_source_that_is_read_or_held_is_left_alone(room: Room) -> None:
    await room.shelf.add(ASKED)
    await room.ingest("s1")
    await room.ingest("s1")
    await room.ingest("unknown")
    assert len(room.shelf.stored) == 1
    assert len(room.box.events) == 1


async def test_reading_anew_is_told_anew(room: Room) -> None:
    for _ in range(2):
        await room.shelf.add(ASKED)
        await room.ingest("s1")
    assert [event.id for event in room.box.events] == ["ready:s1:1", "ready:s1:2"]


async def test_nobody_is_told_where_nobody_asked(room: Room) -> None:
    await room.shelf.add(replace(ASKED, notify=""))
    await room.ingest("s1")
    assert room.box.events == []
    assert room.states()[-1] == ("ready", 3, 3)


async def test_nobody_is_told_of_what_was_removed_meanwhile(room: Room) -> None:
    await room.shelf.add(ASKED)
    room.removed.add("s1")
    await room.ingest("s1")
    assert room.told() == []
    assert room.box.rings == []


async def test_a_file_is_taken_from_the_blobs_with_its_name(room: Room) -> None:
    key = await room.pages.put(b"x", mime="application/pdf")
    await room.shelf.add(replace(ASKED, uri=key, title="My tea.pdf"))
    await room.ingest("s1")
    assert room.reader.asked == [("application/pdf", "My tea.pdf", "")]
    assert room.shelf.stored[0].uri == key


async def test_other_schemes_are_loaded_by_whoever_knows_them(room: Room) -> None:
    async def course(source: KnowledgeSource) -> Fetched:
        return Fetched(data=source.uri.encode(), title="Course")

    await room.shelf.add(replace(ASKED, uri="course:toki-pona"))
    await replace(room.ingest, loaders={"course": course})("s1")
    assert room.shelf.stored[0].passages[0].text == "course:toki-pona"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "course:toki-pona", "nothing"])
async def test_schemes_that_nobody_knows_are_refused(room: Room, uri: str) -> None:
    await room.shelf.add(replace(ASKED, uri=uri, title="It"))
    await room.ingest("s1")
    assert room.told() == [
        Ready(what="ingest", text="“It”. I only read public web addresses (http and https).", failed=True, of="s1")
    ]


async def test_what_cannot_be_read_is_told_in_the_persons_language(room: Room) -> None:
    room.reader.failures = [Unreadable("ingest.encrypted")]
    await room.shelf.add(replace(ASKED, owner="ana", title="Té.pdf"))
    await room.ingest("s1")
    assert room.told()[0].failed
    assert room.told()[0].text.startswith("«Té.pdf». Está protegido")
    assert room.shelf.notes[-1].state == "failed"
    assert room.shelf.notes[-1].error.startswith("Está protegido")
    await room.ingest("s1")
    assert len(room.box.events) == 1


async def test_a_missing_file_is_told(room: Room) -> None:
    await room.shelf.add(replace(ASKED, uri="blob:gone", title="It"))
    await room.ingest("s1")
    assert room.told() == [Ready(what="ingest", text="“It”. There is nothing there any more.", failed=True, of="s1")]


async def test_a_file_may_say_where_it_came_from(room: Room) -> None:
    key = await room.pages.put(b"x", mime="text/markdown")
    await room.shelf.add(replace(ASKED, uri=f"{key}#/home/ann/tea.md", title="tea.md"))
    await room.ingest("s1")
    assert room.shelf.stored[0].uri == f"{key}#/home/ann/tea.md"


async def test_a_passing_failure_is_tried_again_after_a_moment(room: Room) -> None:
    room.embedder.failure = Unreachable("away")
    await room.shelf.add(ASKED)
    with pytest.raises(Unreachable):
        await room.ingest("s1")
    assert room.shelf.notes[-1].state == "waiting"
    assert room.shelf.notes[-1].error.startswith("The service that helps me find things again")
    assert room.told() == []
    await room.ingest("s1")
    assert len(room.reader.asked) == 1
    room.clock.pass_(6)
    room.embedder.failure = None
    await room.ingest("s1")
    assert [ready.failed for ready in room.told()] == [False]


async def test_a_page_that_is_away_is_given_up_within_minutes(room: Room) -> None:
    room.pages.failure = Unreachable("away")
    await room.shelf.add(ASKED)
    for pause in (5, 15):
        with pytest.raises(Unreachable):
            await room.ingest("s1")
        assert room.shelf.notes[-1].error == "I could not reach it. Please try again later."
        room.clock.pass_(pause - 1)
        await room.ingest("s1")
        assert room.shelf.notes[-1].state == "waiting"
        room.clock.pass_(2)
    await room.ingest("s1")
    assert room.told() == [
        Ready(
            what="ingest",
            text="“https://a.org/tea”. I could not reach it. Please try again later.",
            failed=True,
            of="s1",
        )
    ]


async def test_who_asks_to_wait_is_given_the_time(room: Room) -> None:
    room.pages.failure = Throttled("busy", retry_after=200)
    await room.shelf.add(ASKED)
    with pytest.raises(Throttled):
        await room.ingest("s1")
    assert room.shelf.until == room.clock.now() + timedelta(seconds=200)


@pytest.mark.parametrize("seconds", [301, 86_400, float("inf")])
async def test_nobody_is_kept_waiting_for_who_asks_to_wait_too_long(room: Room, seconds: float) -> None:
    room.pages.failure = Throttled("busy", retry_after=seconds)
    await room.shelf.add(ASKED)
    await room.ingest("s1")
    assert [ready.failed for ready in room.told()] == [True]


@pytest.mark.parametrize("failure", [Refused("no such key"), Malformed("no vectors")])
async def test_what_is_wrong_on_our_side_is_not_laid_on_the_file(
    room: Room, failure: Failure, caplog: pytest.LogCaptureFixture
) -> None:
    room.embedder.failure = failure
    await room.shelf.add(ASKED)
    await room.ingest("s1")
    assert "Something on my side is not set up right" in room.told()[0].text
    assert [record.getMessage() for record in caplog.records] == [
        f"source s1 cannot be taken in: {type(failure).__name__}"
    ]


async def test_a_source_that_keeps_killing_its_reader_is_given_up(room: Room) -> None:
    await room.shelf.add(ASKED)
    for _ in range(3):
        await room.shelf.take("s1", room.ingest.terms.lease)
        room.clock.pass_(301)
    await room.ingest("s1")
    assert room.reader.asked == []
    assert room.told()[0].failed


async def test_a_worker_that_dies_before_it_tells_loses_nothing(room: Room) -> None:
    room.box.broken = True
    await room.shelf.add(ASKED)
    with pytest.raises(ConnectionError):
        await room.ingest("s1")
    room.clock.pass_(301)
    await room.ingest("s1")
    assert len(room.box.events) == 1
    assert room.states()[-1] == ("ready", 3, 3)


async def test_a_real_page_goes_all_the_way_to_linked_passages(room: Room) -> None:
    async with website() as site:
        body = b"<!doctype html><title>Tea</title><main><h2 id=g>Green</h2><p>It is steamed soon after picking.</main>"
        url = site.page("/tea", body, Content_Type="text/html")
        real = replace(
            room.ingest, fetcher=WebFetcher(allow=lambda found: found == "127.0.0.1"), reader=SubprocessReader()
        )
        await room.shelf.add(replace(ASKED, uri=url))
        await real("s1")
    passage = room.shelf.stored[0].passages[0]
    assert (passage.section, passage.text, passage.link) == ("Green", "It is steamed soon after picking.", f"{url}#g")
