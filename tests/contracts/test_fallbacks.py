"""Where a platform refuses a form the next simpler one goes out, and each step is counted, once for each platform and step."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from core.address import Address
from core.channel import LiveTarget
from core.deliver import Deliver
from core.event import Sender
from core.fit import fit, steps
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice
from tests.contracts.channels import Counted, Harness, openers
from tests.fakes.clock import ManualClock
from tests.fakes.discord_rules import Answer
from tests.fakes.outbox import Shelf

A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")
QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=(A, B), right=A.value)
MARK = Mark(
    quiz="q1", question="moku?", choices=(A, B), chosen=B.value, right=A.value, correct=False, text="It is eating."
)
BOLD = Text(text="**toki**")
POST = "POST /channels/7/messages"

THREAD = "1699999999.000001"


@dataclass
class Ladder:
    """Delivers replies at a channel as the street does; `forms` are the steps that were counted."""

    harness: Any
    forms: list[str] = field(default_factory=list[str])

    @property
    def api(self) -> Any:
        return self.harness.api

    async def sends(self, reply: Reply, *, address: Address | None = None, target: str = "") -> None:
        harness: Harness = self.harness
        address, clock, counted = address or harness.address, ManualClock(), Counted()
        shelf = Shelf(clock.now)
        pieces = fit(reply, harness.channel.capabilities)
        for number, piece in enumerate(pieces):
            shelf.put(
                OutboundMessage(id=f"{reply.kind}{number}", address=address, reply=piece, thread=THREAD), target=target
            )
        deliver = Deliver(outbox=shelf, channels={harness.channel.name: harness.channel}, clock=clock, count=counted)
        await deliver(address)
        assert not shelf.gone
        assert not shelf.waiting[address]
        self.forms = [*steps(reply, pieces), *harness.counted, *counted.forms]

    async def says(self) -> str:
        harness: Harness = self.harness
        return "\n".join(await harness.seen())

    async def file(self) -> Document:
        media = await self.harness.picture()
        return Document(media=replace(media, mime="application/zip", name="sona.zip"), instead="Ask elsewhere.")

    async def voice(self) -> Voice:
        return Voice(text="moku", audio=await self.harness.sound())

    async def drafts(self, *words: str) -> None:
        harness: Harness = self.harness
        target = LiveTarget(address=harness.address, sender=Sender(id="T1.U7"), locale="en", thread=THREAD)
        live = harness.channel.live(target)
        for each in words:
            await live.draft(each)


@pytest.fixture
async def ladder(request: pytest.FixtureRequest) -> AsyncIterator[Ladder]:
    async with openers()[request.param]() as harness:
        yield Ladder(harness)


def on(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("ladder", [name], indirect=True)


@on("telegram")
async def test_telegram_formatted_to_plain(ladder: Ladder) -> None:
    ladder.api.refuse("sendMessage", 400, "Bad Request: can't parse entities: Unsupported start tag")
    await ladder.sends(BOLD)
    assert (await ladder.says(), ladder.forms) == ("toki", ["plain"])


@on("telegram")
async def test_telegram_voice_to_audio(ladder: Ladder) -> None:
    ladder.api.chats[7].takes_voice = False
    await ladder.sends(await ladder.voice())
    assert ladder.forms == ["audio"]
    assert (await ladder.harness.shown()).sounds == 1


@on("telegram")
async def test_telegram_voice_to_audio_to_text(ladder: Ladder) -> None:
    ladder.api.chats[7].takes_voice = False
    ladder.api.refuse("sendAudio", 400, "Bad Request: not enough rights to send music to the chat")
    await ladder.sends(await ladder.voice())
    assert (await ladder.says(), ladder.forms) == ("moku", ["audio", "text"])


@on("telegram")
async def test_telegram_file_to_text(ladder: Ladder) -> None:
    ladder.api.refuse("sendDocument", 400, "Bad Request: not enough rights to send documents to the chat")
    await ladder.sends(await ladder.file())
    assert (await ladder.says(), ladder.forms) == ("Ask elsewhere.", ["text"])


@on("telegram")
async def test_telegram_stream_to_edits_to_post(ladder: Ladder) -> None:
    chat = ladder.api.chats[7]
    chat.drafts = False
    await ladder.drafts("toki")
    chat.messages.clear()
    await ladder.sends(Text(text="toki pona"))
    assert (await ladder.says(), ladder.forms) == ("toki pona", ["edits", "post"])


@on("telegram")
async def test_telegram_poll_to_buttons(ladder: Ladder) -> None:
    ladder.api.chats[7].takes_polls = False
    await ladder.sends(QUIZ)
    assert (await ladder.harness.buttons(), ladder.forms) == (["to eat", "to go"], ["buttons"])


@on("telegram")
async def test_telegram_poll_to_buttons_to_numbers(ladder: Ladder) -> None:
    ladder.api.chats[7].takes_polls = False
    ladder.api.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    await ladder.sends(QUIZ)
    assert ladder.forms == ["buttons", "numbers"]
    assert "1. to eat\n2. to go" in await ladder.says()


@on("telegram")
async def test_telegram_marked_question_to_verdict(ladder: Ladder) -> None:
    await ladder.sends(MARK, target="999")
    assert (await ladder.says(), ladder.forms) == ("It is eating.", ["verdict"])


@on("discord")
async def test_discord_formatted_to_plain(ladder: Ladder) -> None:
    ladder.api.refuse(POST, Answer(400, "Invalid Form Body", 50035))
    await ladder.sends(BOLD)
    assert (await ladder.says(), ladder.forms) == ("toki", ["plain"])


@on("discord")
async def test_discord_voice_to_audio(ladder: Ladder) -> None:
    ladder.api.refuse(POST, Answer(403, "Missing Permissions", 50013))
    await ladder.sends(await ladder.voice())
    assert ladder.forms == ["audio"]
    assert (await ladder.harness.shown()).files == 1


@on("discord")
async def test_discord_voice_to_audio_to_text(ladder: Ladder) -> None:
    for _ in range(2):
        ladder.api.refuse("POST /channels/7/messages", Answer(403, "Missing Permissions", 50013))
    await ladder.sends(await ladder.voice())
    assert (await ladder.says(), ladder.forms) == ("moku", ["audio", "text"])


@on("discord")
async def test_discord_file_to_text(ladder: Ladder) -> None:
    ladder.api.refuse(POST, Answer(403, "Missing Permissions", 50013))
    await ladder.sends(await ladder.file())
    assert (await ladder.says(), ladder.forms) == ("Ask elsewhere.", ["text"])


@on("discord")
async def test_discord_stream_to_post(ladder: Ladder) -> None:
    await ladder.drafts("toki")
    ladder.api.channel().messages.clear()
    await ladder.sends(Text(text="toki pona"))
    assert (await ladder.says(), ladder.forms) == ("toki pona", ["post"])


@on("discord")
async def test_discord_buttons_to_numbers(ladder: Ladder) -> None:
    ladder.api.refuse(POST, Answer(400, "Invalid Form Body", 50035))
    await ladder.sends(QUIZ)
    assert ladder.forms == ["numbers"]
    assert "1. to eat\n2. to go" in await ladder.says()


@on("discord")
async def test_discord_marked_question_to_verdict(ladder: Ladder) -> None:
    await ladder.sends(MARK, target="999")
    assert (await ladder.says(), ladder.forms) == ("It is eating.", ["verdict"])


@on("slack")
async def test_slack_formatted_to_plain(ladder: Ladder) -> None:
    ladder.api.refuse("chat.postMessage", "invalid_blocks")
    await ladder.sends(BOLD)
    assert (await ladder.says(), ladder.forms) == ("toki", ["plain"])


@on("slack")
async def test_slack_voice_to_text(ladder: Ladder) -> None:
    """A voice note is an audio file from the start there."""
    ladder.api.refuse("files.getUploadURLExternal", "file_uploads_disabled")
    await ladder.sends(await ladder.voice())
    assert (await ladder.says(), ladder.forms) == ("moku", ["text"])


@on("slack")
async def test_slack_file_to_text(ladder: Ladder) -> None:
    ladder.api.refuse("files.getUploadURLExternal", "file_uploads_disabled")
    await ladder.sends(await ladder.file())
    assert (await ladder.says(), ladder.forms) == ("Ask elsewhere.", ["text"])


@on("slack")
async def test_slack_stream_to_edits_to_post(ladder: Ladder) -> None:
    ladder.api.refuse("chat.startStream", "missing_scope")
    await ladder.drafts("toki")
    ladder.api.channels["D1"].messages.clear()
    await ladder.sends(Text(text="toki pona"))
    assert (await ladder.says(), ladder.forms) == ("toki pona", ["edits", "post"])


@on("slack")
async def test_slack_picture_to_file(ladder: Ladder) -> None:
    ladder.api.refuse("chat.postMessage", "invalid_blocks")
    picture = Media(ref=await ladder.harness.blobs.put(b"\x89PNG", mime="image/png"), mime="image/png")
    await ladder.sends(Picture(media=picture, text="kili"))
    assert ladder.forms == ["file"]
    assert (await ladder.harness.shown()).files == 1


@on("slack")
async def test_slack_buttons_to_numbers(ladder: Ladder) -> None:
    ladder.api.refuse("chat.postMessage", "invalid_blocks")
    await ladder.sends(QUIZ)
    assert ladder.forms == ["numbers"]
    assert "1. to eat\n2. to go" in await ladder.says()


@on("slack")
async def test_slack_answer_for_one_alone_to_direct(ladder: Ladder) -> None:
    await ladder.sends(BOLD, address=Address("slack", "T1.C9", "@U7"))
    assert ladder.forms == ["direct"]
    assert ladder.api.channels["D7"].texts == ["toki"]


@on("slack")
async def test_slack_marked_question_to_verdict(ladder: Ladder) -> None:
    await ladder.sends(MARK, target="1.000009")
    assert (await ladder.says(), ladder.forms) == ("It is eating.", ["verdict"])


@on("sms")
async def test_sms_voice_to_text(ladder: Ladder) -> None:
    """Files go to the United States and Canada only."""
    await ladder.sends(await ladder.voice(), address=Address("sms", "+84912345678"))
    assert ([sent.body for sent in ladder.api.sent], ladder.forms) == (["moku"], ["text"])


@on("sms")
async def test_sms_file_to_text(ladder: Ladder) -> None:
    await ladder.sends(await ladder.file())
    assert (await ladder.says(), ladder.forms) == ("Ask elsewhere.", ["text"])


@pytest.mark.parametrize("ladder", ["sms", "terminal"], indirect=True)
async def test_what_a_channel_never_has_is_counted_too(ladder: Ladder) -> None:
    channel = ladder.harness.channel
    many = replace(QUIZ, choices=tuple(Choice(label=f"word {n}", value=f"q1:{n}") for n in range(40)))
    await ladder.sends(many)
    assert ladder.forms == ["numbers"]
    assert "40. word 39" in await ladder.says()
    pieces = fit(Voice(text="moku", audio=Media(ref="b")), channel.capabilities)
    assert steps(Voice(text="moku", audio=Media(ref="b")), pieces) == (() if channel.capabilities.voice else ("text",))
    pieces = fit(BOLD, channel.capabilities)
    assert steps(BOLD, pieces) == (() if channel.capabilities.formatted else ("plain",))
