"""The terminal: replies as text, and a piped conversation from its first line to its end."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bots.terminal import PlainScreen, RichScreen, TerminalChannel, TerminalSession, prompted, read, render, talk
from bots.terminal.save_file import saving
from core.address import Address
from core.channel import LiveTarget
from core.clock import SystemClock
from core.errors import Refused
from core.event import Event, Joined, Said, Sender, Stopped, Tapped
from core.fit import fit
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Source, Text, Voice
from storage.engine.database import Database
from storage.messaging.feed import PostgresFeed
from storage.valkey.pubsub import PubSub
from tests.bots.telegram.conftest import Shelf

HERE = Address("terminal", "ada")
COLOURS = (Choice(label="red", value="q:1:0"), Choice(label="blue", value="q:1:1"))
ASKED = Quiz(id="1", question="Which colour is *loje*?", form="choice", choices=COLOURS, progress="1/2")
ORDER = Quiz(id="2", question="Put in order", form="ordering", choices=COLOURS)
MARK = Mark(quiz="1", question="?", choices=COLOURS, chosen="q:1:0", right="q:1:0", correct=True, text="Right!")

Brain = Callable[[Event], tuple[Reply, ...]]


@dataclass(slots=True, kw_only=True)
class Desk:
    """A terminal with a scripted answerer behind it that takes its time."""

    channel: TerminalChannel
    brain: Brain
    events: list[Event] = field(default_factory=list[Event])
    out: io.StringIO = field(default_factory=io.StringIO)
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def receive(self, event: Event) -> None:
        self.events.append(event)
        self.tasks.add(asyncio.create_task(self._answer(event)))

    async def _answer(self, event: Event) -> None:
        live = self.channel.live(LiveTarget(address=event.address))
        await live.typing()
        await live.status("thinking")
        await live.draft("not yet")
        for number, reply in enumerate(self.brain(event)):
            for piece in fit(reply, self.channel.capabilities):
                await self.channel.send(OutboundMessage(id=f"{event.id}/{number}", address=event.address, reply=piece))

    async def idle(self) -> bool:
        return all(task.done() for task in self.tasks)

    def talk(self) -> TerminalSession:
        return TerminalSession(
            address=HERE,
            sender=Sender(id="ada"),
            feed=self.channel.feed,
            receive=self.receive,
            idle=self.idle,
            clock=SystemClock(),
            screen=PlainScreen(self.out),
            pause=0.01,
        )


@pytest.fixture
async def desk(database: Database, redis_url: str) -> AsyncIterator[Callable[[Brain], Awaitable[Desk]]]:
    pubsub = PubSub(redis_url)
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=SystemClock())

    async def open_desk(brain: Brain) -> Desk:
        return Desk(channel=TerminalChannel(feed=feed, clock=SystemClock()), brain=brain)

    yield open_desk
    await feed.close()
    await pubsub.close()


def echo(event: Event) -> tuple[Reply, ...]:
    match event.body:
        case Said(text="quiz"):
            return (ASKED,)
        case Said(text="order"):
            return (ORDER,)
        case Said(text=text):
            return (Text(text=f"You said **{text}**."), Text(text="And?"))
        case Tapped():
            return (MARK,)
        case Joined(start=start):
            return (Text(text=f"Welcome {start}"),)
        case _:
            return ()


def piped(*lines: str) -> AsyncIterator[str]:
    return read(io.StringIO("".join(f"{line}\n" for line in lines)).readline)


async def test_one_line_is_one_message_and_replies_come_in_order(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("one", "", "two"))
    assert here.out.getvalue() == "You said one.\nAnd?\nYou said two.\nAnd?\n"


async def test_a_number_is_a_tap_on_the_last_choices(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("quiz", "1", "7"))
    assert [event.body for event in here.events] == [
        Said(text="quiz"),
        Tapped(choice="q:1:0", of="1"),
        Said(text="7"),
    ]
    assert here.out.getvalue().startswith("(1/2) Which colour is loje?\n  1. red\n  2. blue\nRight!\n")


async def test_numbers_of_pieces_in_order_are_said_and_not_tapped(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("quiz", "order", "2"))
    assert here.events[-1].body == Said(text="2")


async def test_a_start_opens_the_conversation_before_the_first_line(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("hi"), start="toki-pona")
    assert here.out.getvalue().startswith("Welcome toki-pona\nYou said hi.")


async def test_what_was_said_in_an_earlier_session_is_not_said_again(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("one"))
    again = await desk(echo)
    await again.talk().run(piped("two"))
    assert again.out.getvalue() == "You said two.\nAnd?\n"


async def test_broken_text_in_the_pipe_is_still_a_message(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().run(piped("a\0b\udc80"))
    assert here.events[0].body == Said(text="a\ufffdb\ufffd")


async def test_a_course_opens_a_piped_conversation_and_the_end_of_the_pipe_ends_it(
    desk: Callable[[Brain], Awaitable[Desk]],
) -> None:
    here = await desk(echo)

    async def idle(address: Address) -> bool:
        assert address == HERE
        return await here.idle()

    for course in ("toki-pona", ""):
        await talk(
            feed=here.channel.feed,
            blobs=Shelf(),
            receive=here.receive,
            idle=idle,
            clock=SystemClock(),
            name="ada",
            course=course,
            source=io.StringIO("hi"),
            out=here.out,
        )
    assert here.out.getvalue() == "Welcome toki-pona\n" + 2 * "You said hi.\nAnd?\n"


async def test_a_file_is_put_down_beside_what_is_there(
    desk: Callable[[Brain], Awaitable[Desk]], tmp_path: Path
) -> None:
    shelf = Shelf()
    media = Media(ref=await shelf.put(b"PK", mime="application/zip"), mime="application/zip", name="../my sona.zip")
    here = await desk(lambda _: (Document(media=media, text="All of it."),))
    (tmp_path / "my-sona.zip").write_bytes(b"older")
    talk = here.talk()
    talk.save = saving(shelf, tmp_path)
    await talk.run(piped("/mydata"))
    assert here.out.getvalue() == f"All of it.\n→ {tmp_path / '1-my-sona.zip'}\n"
    assert (tmp_path / "1-my-sona.zip").read_bytes() == b"PK"
    assert (tmp_path / "my-sona.zip").read_bytes() == b"older"


async def test_a_file_that_is_gone_is_told(desk: Callable[[Brain], Awaitable[Desk]], tmp_path: Path) -> None:
    gone = Document(media=Media(ref="blob:gone"), text="All of it.", instead="Ask again.")
    here = await desk(lambda _: (gone,))
    talk = here.talk()
    talk.save = saving(Shelf(), tmp_path)
    await talk.run(piped("/mydata"))
    assert here.out.getvalue() == "All of it.\nAsk again.\n"


async def test_stop_is_an_event(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    await here.talk().stop()
    assert isinstance(here.events[0].body, Stopped)


async def test_the_same_parcel_twice_is_one_line(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    first = await here.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="once")))
    assert await here.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="once"))) == first == "1"


async def test_nothing_can_be_fetched_from_a_terminal(desk: Callable[[Brain], Awaitable[Desk]]) -> None:
    here = await desk(echo)
    with pytest.raises(Refused):
        await here.channel.fetch(Media(ref="x"))


async def test_an_empty_line_at_a_prompt_is_not_the_end() -> None:
    answers = iter(["", "x"])

    def ask() -> str:
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    assert [line async for line in read(prompted(ask))] == ["\n", "x\n"]


def test_sources_and_choices_are_numbered_below_the_text() -> None:
    source = Source(title="Course", section="Unit 1", link="https://example.org", quote="long")
    text = render.text(Text(text="**Yes** [1]", choices=COLOURS, sources=(source,)))
    assert text == "Yes [1]\n  [1] Course · Unit 1 https://example.org\n  1. red\n  2. blue"


def test_sound_and_pictures_are_told_in_words() -> None:
    assert render.text(Voice(text="toki")) == "toki"
    assert render.text(Picture(media=Media(ref="blob:x", name="A cat"))) == "[A cat]"


@given(st.text(min_size=1))
def test_any_text_can_be_shown_on_both_screens(text: str) -> None:
    out = io.StringIO()
    PlainScreen(out).reply(Text(text=text))
    assert out.getvalue().endswith("\n")
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    RichScreen(console).reply(Text(text=text, choices=COLOURS))


def test_on_a_screen_a_verdict_has_a_sign_and_the_spinner_goes_away() -> None:
    out = io.StringIO()
    screen = RichScreen(Console(file=out, force_terminal=True, width=60))
    screen.busy("Looking…", "half an")
    screen.reply(MARK)
    screen.calm()
    assert "✓" in out.getvalue()
    assert "Right!" in out.getvalue()


@pytest.mark.parametrize("order", ["\x1b]0;gone\x07", "\x9b2J", "&#27;]0;gone&#7;", "kept\roverwritten"])
def test_what_is_quoted_gives_the_terminal_no_orders(order: str) -> None:
    source = Source(title=order, quote=order)
    reply = Text(text=order, choices=(Choice(label=order, value="1"),), sources=(source,))
    plain, rich = io.StringIO(), io.StringIO()
    PlainScreen(plain).reply(reply)
    screen = RichScreen(Console(file=rich, force_terminal=True, width=60))
    screen.busy(order, order)
    screen.reply(reply)
    for sign in ("\x1b]", "\x07", "\x9b", "kept\r"):
        assert sign not in plain.getvalue() + rich.getvalue()
