"""A tutor that answers from a script through the real web channel, in place of the worker."""

import asyncio
import io
import json
import math
from array import array
from collections.abc import AsyncIterator

import av
import redis.asyncio as redis

from bots.web import WebChannel
from core.address import Address
from core.channel import LiveTarget
from core.event import Event, Joined, Said, Shared, Spoke, Stopped, Tapped
from core.media import Media
from core.outbound import OutboundMessage
from core.ports.blobs import Blobs
from core.reply import Choice, Mark, Picture, Quiz, Reply, Source, Text, Voice
from core.wire import load_event

INBOX = "brain:inbox"

LESSON = """## Unit 1 · Eating and drinking

In Toki Pona one small word does a lot of work. **moku** is *to eat*, *to drink* and also *food*.

- **mi moku.** I eat.
- **sina moku e telo.** You drink water.
- **ona li moku e kili.** She eats fruit.

Put `li` between the subject and what it does, unless the subject is *mi* or *sina* alone.

| Word | As a verb | As a noun |
|---|---|---|
| moku | eat, drink | food |
| telo | wash | water |
"""

ANSWER = "**e** marks what the action is done to: *mi moku **e** kili* is “I eat fruit”. Without it, *kili* would describe the eating. [1]"
SOURCES = (
    Source(
        title="Toki Pona",
        section="Unit 2 › The particle e",
        link="https://example.org/toki-pona/unit-2",
        quote="The particle e comes before the thing that the action is done to: mi lukin e sina, “I look at you”.",
    ),
    Source(title="Toki Pona", section="Word list › e", quote="e: marks the direct object."),
)

MEANINGS = tuple(
    Choice(label=label, value=f"q:one:{place}") for place, label in enumerate(("water", "to eat", "the sun", "a house"))
)
PIECES = tuple(Choice(label=label, value=f"q:two:{place}") for place, label in enumerate(("moku", "jan", "li")))
LONG = "This answer is long on purpose, so that it can be watched while it is written. "


def tone(seconds: float = 2.0) -> bytes:
    """A humming voice note, OGG/Opus."""
    rate = 48000
    target = io.BytesIO()
    with av.open(target, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=rate, layout="mono")
        for start in range(0, int(seconds * rate), 960):
            swell = 0.15 + 0.85 * abs(math.sin(start / rate * 4))
            wave = array("h", (int(9000 * swell * math.sin((start + n) * 0.03)) for n in range(960)))
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(wave.tobytes())
            frame.sample_rate = rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


class Brain:
    """Takes events from a Valkey list. `gate` holds a long answer back until it is set."""

    def __init__(self, *, channel: WebChannel, blobs: Blobs, url: str) -> None:
        self._channel = channel
        self._blobs = blobs
        self._redis = redis.Redis.from_url(url, socket_timeout=None)
        self._stopped = asyncio.Event()
        self.gate = asyncio.Event()
        self.events: list[Event] = []

    async def run(self) -> None:
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                _, text = await self._redis.blpop([INBOX], timeout=0)  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients
                event = load_event(json.loads(text))
                self.events.append(event)
                if isinstance(event.body, Stopped):
                    self._stopped.set()
                    continue
                task = asyncio.create_task(self._answer(event))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            for task in tasks:
                task.cancel()
            await self._redis.aclose()

    async def _answer(self, event: Event) -> None:
        number = 0
        async for reply in self._replies(event):
            await self._channel.send(OutboundMessage(id=f"{event.id}/{number}", address=event.address, reply=reply))
            number += 1

    async def _replies(self, event: Event) -> AsyncIterator[Reply]:
        match event.body:
            case Joined():
                choices = (Choice(label="Start Toki Pona", value="lesson"), Choice(label="Quiz me", value="quiz"))
                yield Text(
                    text="Hello! I’m **Sona**. Shall we learn a language, or do you have a question?", choices=choices
                )
            case Said(text=text):
                async for reply in self._said(event.address, text):
                    yield reply
            case Tapped(choice=choice):
                async for reply in self._tapped(event.address, choice):
                    yield reply
            case Spoke(audio=audio) if audio is not None:
                yield Text(text=f"I heard a voice note of {audio.size} bytes.")
            case Shared(media=media):
                yield Text(text=f"Thank you for {media.name}.")
            case _:
                return

    async def _said(self, address: Address, text: str) -> AsyncIterator[Reply]:
        match text.lower():
            case "lesson":
                yield await self._written(address, LESSON, "Opening unit 1…")
            case "what does e do?":
                yield await self._written(address, ANSWER, "Looking through what I have read…", sources=SOURCES)
            case "quiz":
                yield Quiz(
                    id="one", question="What does **moku** mean?", form="choice", choices=MEANINGS, progress="1/3"
                )
            case "say it":
                key = await self._blobs.put(tone(), mime="audio/ogg")
                audio = Media(ref=key, mime="audio/ogg", seconds=2.0)
                yield Voice(text="*jan li moku.* A person eats.", language="tok", audio=audio)
            case "picture":
                key = await self._blobs.put(
                    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x0d\x6b\x5e\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
                    mime="image/gif",
                )
                yield Picture(media=Media(ref=key, mime="image/gif", name="A green dot"), text="A picture.")
            case "long":
                yield await self._long(address)
            case "b a c" | "b c a":
                yield self._ordered(text == "B C A")
                yield Quiz(id="three", question="How do you say *water*?", form="typed", progress="3/3")
            case "telo":
                text = "**telo** is water."
                yield Mark(
                    quiz="three",
                    question="How do you say *water*?",
                    choices=(),
                    chosen="",
                    right="",
                    correct=True,
                    text=text,
                )
                yield Text(text="That was the quiz: **2 of 3**.", choices=(Choice(label="Again", value="quiz"),))
            case _:
                yield Text(text=f"You said: {text}")

    async def _tapped(self, address: Address, choice: str) -> AsyncIterator[Reply]:
        if choice.startswith("q:one:"):
            correct = choice == "q:one:1"
            words = "**moku** is eating and drinking." if correct else "**moku** is *to eat*; water is **telo**."
            yield Mark(
                quiz="one",
                question="What does **moku** mean?",
                choices=MEANINGS,
                chosen=choice,
                right="q:one:1",
                correct=correct,
                text=words,
            )
            yield Quiz(
                id="two", question="Put in order: *A person eats.*", form="ordering", choices=PIECES, progress="2/3"
            )
        else:
            async for reply in self._said(address, choice):
                yield reply

    def _ordered(self, correct: bool) -> Mark:
        return Mark(
            quiz="two",
            question="Put in order",
            choices=PIECES,
            chosen="",
            right="",
            correct=correct,
            text="**jan li moku.**",
        )

    async def _written(self, address: Address, text: str, doing: str, sources: tuple[Source, ...] = ()) -> Text:
        live = self._channel.live(LiveTarget(address=address))
        await live.typing()
        await live.status(doing)
        for end in range(40, len(text), 40):
            await live.draft(text[:end])
            await asyncio.sleep(0.01)
        await live.status("")
        return Text(text=text, sources=sources)

    async def _long(self, address: Address) -> Text:
        """Writes on until stopped or until the gate opens."""
        self._stopped.clear()
        live = self._channel.live(LiveTarget(address=address))
        await live.typing()
        written = ""
        while not self._stopped.is_set() and not self.gate.is_set():
            written = (written + LONG) if len(written) < 4000 else written
            await live.draft(written)
            await asyncio.sleep(0.03)
        return Text(text="I stopped." if self._stopped.is_set() else "The long answer is done.")
