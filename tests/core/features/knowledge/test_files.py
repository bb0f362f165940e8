"""Files that people send: read, told of, and asked about as their words wished."""

from dataclasses import replace

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.event import Body, Event, Ready, Said, Sender, Shared
from core.features.knowledge.files import FILES, FileAnswerer, PendingFile
from core.media import Media
from core.phrases import phrase
from core.reply import Text
from tests.fakes.collaborators import Reader, Signs, StillClock, conversation
from tests.fakes.dialogue import incoming


class Talker:
    """Answers what is said, and keeps it with the last lines it was said after."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        told, question = draft.conversation.history[-2:]
        assert question.text == incoming.text
        self.asked.append((told.text, question.text))
        return draft.with_replies(Text(text="That is what it says."))


class Desk:
    """One conversation in which files come and are read."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.talker = Talker()
        self.draft = TurnDraft(conversation=conversation())
        self._files = FileAnswerer(reader=self.reader, talker=self.talker)

    async def takes(self, body: Body) -> tuple[str, ...]:
        """What is said to it."""
        event = Event(id="web:1", address=Address("web", "c1"), sender=Sender(id="s"), at=StillClock().now(), body=body)
        before = len(self.draft.replies)
        answered = await self._files.answer(incoming(event), self.draft, Signs())
        assert answered is not None
        self.draft = answered
        return tuple(reply.text for reply in answered.replies[before:] if isinstance(reply, Text))

    async def is_sent(self, *names: str, words: str = "", album: str = "") -> list[tuple[str, ...]]:
        """Files with these names; the words stand beside the first."""
        return [
            await self.takes(
                Shared(
                    media=Media(ref=f"blob:{name}", mime="application/pdf", name=name),
                    text="" if place else words,
                    album=album,
                )
            )
            for place, name in enumerate(names)
        ]


def read(number: int, *, failed: bool = False) -> Ready:
    return Ready(what="ingest", text=f"file {number}", failed=failed, of=f"s{number}")


READY = phrase("reading.ready", "en", text="file 1")
FAILED = phrase("reading.failed", "en", text="file 2")
REST = f"{FAILED}\n\n{phrase('reading.rest', 'en')}"
ALL = phrase("reading.all", "en")


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_shared_file_is_put_down_to_be_read_for_its_owner(desk: Desk) -> None:
    assert await desk.is_sent("notes.pdf") == [(phrase("reading.file", "en", title="notes.pdf"),)]
    assert desk.reader.read == [("blob:notes.pdf", "notes.pdf", "application/pdf", "learner-1", "web:c1")]
    assert await desk.takes(read(1)) == (READY,)
    assert FILES.read(desk.draft.conversation).files == ()


async def test_words_beside_a_file_are_answered_when_it_is_read(desk: Desk) -> None:
    await desk.is_sent("notes.pdf", words=" Summarise this ")
    assert desk.talker.asked == []
    assert await desk.takes(read(1)) == (READY, "That is what it says.")
    assert desk.talker.asked == [(READY, "Summarise this")]
    assert await desk.takes(read(1)) == (READY,)


async def test_words_beside_a_file_that_cannot_be_read_are_not_answered_from_nothing(desk: Desk) -> None:
    await desk.is_sent("a.pdf", "b.pdf", words="Summarise this")
    assert await desk.takes(replace(read(1), failed=True)) == (phrase("reading.failed", "en", text="file 1"),)
    assert await desk.takes(read(2)) == (phrase("reading.ready", "en", text="file 2"),)
    assert desk.talker.asked == []


async def test_files_sent_together_are_all_read_and_spoken_of_once(desk: Desk) -> None:
    said = await desk.is_sent("a", "b", "c", album="135")
    assert said == [(phrase("reading.album", "en"),), (), ()]
    assert [(uri, notify) for uri, *_, notify in desk.reader.read] == [
        ("blob:a", "web:c1"),
        ("blob:b", "web:c1"),
        ("blob:c", "web:c1"),
    ]
    assert [await desk.takes(read(number)) for number in (2, 1, 3)] == [(), (), (ALL,)]


async def test_a_broken_file_among_others_is_told_of(desk: Desk) -> None:
    await desk.is_sent("a.pdf", "b.pdf", album="135")
    assert await desk.takes(read(1)) == ()
    assert await desk.takes(read(2, failed=True)) == (REST,)


async def test_a_file_of_an_album_that_the_platform_would_not_give_is_told_of(desk: Desk) -> None:
    await desk.is_sent("a.pdf", album="135")
    gone = Shared(media=Media(ref="", mime="application/pdf", name="big.pdf"), album="135")
    assert await desk.takes(gone) == (phrase("reading.unfetched", "en", title="big.pdf"),)
    assert await desk.takes(read(1)) == (ALL,)


async def test_words_beside_several_files_wait_for_the_last_of_them(desk: Desk) -> None:
    await desk.is_sent("a.pdf", "b.pdf", "c.pdf", words="Compare these", album="135")
    assert await desk.takes(read(1)) == ()
    assert await desk.takes(read(2, failed=True)) == ()
    assert await desk.takes(read(3)) == (REST, "That is what it says.")
    assert desk.talker.asked == [(REST, "Compare these")]


async def test_several_files_of_which_none_can_be_read_are_not_spoken_of_as_read(desk: Desk) -> None:
    await desk.is_sent("a.pdf", "b.pdf", words="Compare these", album="135")
    await desk.takes(read(1, failed=True))
    assert await desk.takes(read(2, failed=True)) == (phrase("reading.unread", "en", text="- file 1\n- file 2"),)
    assert desk.talker.asked == []


async def test_the_same_failure_of_several_files_is_told_once(desk: Desk) -> None:
    await desk.is_sent("a.jpg", "b.jpg", album="135")
    await desk.takes(replace(read(1, failed=True), text="file 2"))
    assert await desk.takes(read(2, failed=True)) == (FAILED,)


async def test_a_file_that_is_read_before_the_next_comes_is_not_spoken_of_twice(desk: Desk) -> None:
    told: list[tuple[str, ...]] = []
    for number, failed in enumerate((True, True, False, False), 1):
        await desk.is_sent(f"{number}", album="135")
        told.append(await desk.takes(replace(read(number, failed=failed), text="file 2")))
    assert told == [(FAILED,), (), (ALL,), ()]
    await desk.is_sent("5.pdf", album="136")
    assert [file.source for file in FILES.read(desk.draft.conversation).files] == ["s5"]


async def test_a_file_sent_again_is_awaited_once(desk: Desk) -> None:
    await desk.is_sent("a.pdf", "a.pdf", words="Summarise this")
    assert FILES.read(desk.draft.conversation).files == (PendingFile(source="s1"),)


async def test_only_so_many_files_are_awaited(desk: Desk) -> None:
    await desk.is_sent(*(f"{number}.pdf" for number in range(30)))
    assert [file.source for file in FILES.read(desk.draft.conversation).files] == [
        f"s{number}" for number in range(11, 31)
    ]
    assert await desk.takes(read(1)) == (READY,)


async def test_what_nobody_waits_for_is_told_all_the_same(desk: Desk) -> None:
    assert await desk.takes(Ready(what="ingest", text="file 1")) == (READY,)
    assert await desk.takes(read(2, failed=True)) == (FAILED,)


@pytest.mark.parametrize("body", [Said(text="hello"), Ready(what="export", text="your data")])
async def test_everything_else_is_left_to_others(desk: Desk, body: Body) -> None:
    event = Event(id="web:1", address=Address("web", "c1"), sender=Sender(id="s"), at=StillClock().now(), body=body)
    assert await FileAnswerer(reader=Reader(), talker=Talker()).answer(incoming(event), desk.draft, Signs()) is None
