"""Listening by polling, over the wire."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bots.telegram.poll import TelegramGateway
from core.address import Address
from core.event import Event, Said, Tapped
from core.outbound import OutboundMessage
from core.reply import Choice, Quiz
from tests.bots.telegram.conftest import PRIVATE, Desk

QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=(Choice(label="to eat", value="q1:a"),))


class Ears:
    """Keeps what it receives, after failing as often as told; `pauses` are the waits that were asked for."""

    def __init__(self, desk: Desk, failures: int = 0) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.pauses: list[float] = []
        self._failures = failures
        self._polling = TelegramGateway(client=desk.bot.client, channel=desk.bot.channel, sleep=self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    async def receive(self, event: Event) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError("the database is away")
        await self.events.put(event)

    async def during(self, scene: Callable[[], Awaitable[None]]) -> None:
        listening = asyncio.create_task(self._polling.listen(self.receive))
        try:
            async with asyncio.timeout(5):
                await scene()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def test_words_are_heard_in_order_and_the_webhook_gives_way(desk: Desk) -> None:
    desk.api.hook = "https://old.example/telegram"
    ears = Ears(desk)

    async def scene() -> None:
        for word in ("wan", "tu"):
            await _queued(desk, word)
        assert [(await ears.events.get()).body for _ in range(2)] == [Said(text="wan"), Said(text="tu")]

    await ears.during(scene)
    assert desk.api.hook == ""


async def _queued(desk: Desk, word: str) -> None:
    hook, desk.api.hook = desk.api.hook, ""
    await desk.api.says(word)
    desk.api.hook = hook


async def test_the_bot_knows_its_name_once_it_listens(desk: Desk) -> None:
    ears = Ears(desk)

    async def scene() -> None:
        mention = [{"type": "mention", "offset": 0, "length": 8}]
        await desk.api.says("@SonaBot toki", chat=-100200, entities=mention)
        event = await ears.events.get()
        assert (event.body, event.addressed) == (Said(text="toki"), True)

    await ears.during(scene)


async def test_an_event_that_could_not_be_kept_is_asked_for_again(desk: Desk) -> None:
    ears = Ears(desk, failures=2)

    async def scene() -> None:
        await desk.api.says("wan")
        assert (await ears.events.get()).body == Said(text="wan")

    await ears.during(scene)
    assert ears.pauses == [1.0, 2.0]
    assert ears.events.empty()


async def test_an_update_of_the_wrong_shape_does_not_block_the_others(desk: Desk) -> None:
    ears = Ears(desk)

    async def scene() -> None:
        await desk.api.push({"message": {"text": 7, "chat": {}}})
        await desk.api.says("wan")
        assert (await ears.events.get()).body == Said(text="wan")

    await ears.during(scene)


async def test_taps_are_answered_even_when_they_are_forged(desk: Desk) -> None:
    ears = Ears(desk)
    shown = int(await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=QUIZ)))

    async def scene() -> None:
        await desk.api.taps_data("AAAAAAAAAAAq1:a", shown)
        await desk.api.taps("to eat", shown)
        event = await ears.events.get()
        assert event.body == Tapped(choice="q1:a", of=str(shown))
        await desk.api.says("after")
        await ears.events.get()

    await ears.during(scene)
    assert set(desk.api.callbacks.values()) == {True}
    assert len(desk.api.made("answerCallbackQuery")) == 2


async def test_votes_come_as_taps_where_the_poll_stands_and_others_are_left_out(desk: Desk) -> None:
    ears = Ears(desk)
    asked = Quiz(
        id="q1",
        question="moku?",
        form="choice",
        choices=(Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b")),
        right="q1:a",
    )
    topic = Address("telegram", "-100200", "9")
    here, there = await desk.asks(asked), await desk.asks(asked, topic)
    passed_on = await desk.asks(asked)
    unknown = int(
        (await desk.bot.channel.send(OutboundMessage(id="lost", address=PRIVATE, reply=asked))).rpartition(":")[2]
    )

    async def scene() -> None:
        await desk.api.votes("to go", passed_on, sender=8)
        await desk.api.votes("to go", unknown)
        await desk.api.votes("to eat", here)
        await desk.api.votes("to go", there, chat=-100200, sender=8)
        events = [await ears.events.get() for _ in range(2)]
        assert [(event.address, event.sender.id, event.group) for event in events] == [
            (PRIVATE, "7", False),
            (topic, "8", True),
        ]
        taps = [event.body for event in events if isinstance(event.body, Tapped)]
        assert [(tap.choice, tap.judged) for tap in taps] == [("q1:a", True), ("q1:b", True)]
        assert [tap.of for tap in taps] == [desk.book.sent[0].receipt, desk.book.sent[1].receipt]

    await ears.during(scene)
    assert ears.events.empty()


async def test_a_vote_in_an_unknown_poll_is_told_of_only_to_who_was_asked_lately(desk: Desk) -> None:
    choices = (Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b"))
    quiz = Quiz(id="q1", question="moku?", form="choice", choices=choices, right="q1:a")
    unknown = int(
        (await desk.bot.channel.send(OutboundMessage(id="lost", address=PRIVATE, reply=quiz))).rpartition(":")[2]
    )
    await desk.bot.channel.identify()
    for seconds, told in ((3601, False), (3599, True)):
        desk.book.asked[PRIVATE] = desk.clock.now() - timedelta(seconds=seconds)
        desk.api.chats[7].voters.clear()
        await desk.api.votes("to go", unknown)
        events = await desk.bot.channel.admit(desk.bot.channel.read(desk.api.waiting[-1]))
        assert [(event.address, event.body) for event in events] == [(PRIVATE, Tapped(choice="q:lost:0"))] * told


async def test_a_vote_waits_while_nobody_can_tell_where_its_poll_stands(desk: Desk) -> None:
    ears = Ears(desk)
    choices = (Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b"))
    shown = await desk.asks(Quiz(id="q1", question="moku?", form="choice", choices=choices, right="q1:a"))
    desk.book.away = 2

    async def scene() -> None:
        await desk.api.votes("to go", shown)
        body = (await ears.events.get()).body
        assert isinstance(body, Tapped)
        assert body.choice == "q1:b"

    await ears.during(scene)
    assert ears.pauses == [1.0, 2.0]
    assert ears.events.empty()


async def test_an_edit_is_an_event_of_its_own_and_each_wording_only_one(desk: Desk) -> None:
    ears = Ears(desk)

    async def scene() -> None:
        await desk.api.says("wan", message_id=55)
        for words in ("wan", "tu", "tu", "wan"):
            await desk.api.edits(words, 55)
        first, touched, other, again, back = [await ears.events.get() for _ in range(5)]
        assert touched.id == back.id != first.id
        assert other.id == again.id not in (first.id, back.id)
        assert other.body == Said(text="tu", edited=True)

    await ears.during(scene)


async def test_a_token_that_telegram_does_not_know_is_said_once_and_nothing_more_is_asked(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    ears = Ears(desk)
    desk.api.refuse("getMe", 401, "Unauthorized")

    async def scene() -> None:
        await desk.api.called.wait()
        for _ in range(3):
            await desk.bot.client.identify()

    await ears.during(scene)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert [call.method for call in desk.api.calls] == ["getme"] * 4
    assert ears.pauses == []


async def test_the_webhook_gives_way_with_all_that_waited_for_it(desk: Desk) -> None:
    ears = Ears(desk)
    for word in ("wan", "tu"):
        await desk.api.says(word)
    desk.api.hook = "https://old.example/telegram"

    async def scene() -> None:
        assert [(await ears.events.get()).body for _ in range(2)] == [Said(text="wan"), Said(text="tu")]

    await ears.during(scene)


async def test_another_listener_is_named_plainly_and_the_pause_grows(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    ears = Ears(desk)
    for _ in range(3):
        desk.api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    desk.api.refuse("getUpdates", 429, "Too Many Requests: retry after 7", retry_after=7)

    async def scene() -> None:
        await desk.api.says("wan")
        await ears.events.get()

    await ears.during(scene)
    assert ears.pauses == [1.0, 2.0, 4.0, 7.0]
    assert "another program listens for this bot" in caplog.text
