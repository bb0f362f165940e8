"""Listening at the gateway: heartbeats, resuming without a loss, and what ends a connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bots.discord.drafts import LocalDrafts
from core.address import Address
from core.errors import Unreachable
from core.event import Event, Left, Said
from tests.bots.discord.conftest import Desk
from tests.fakes.discord_rules import Answer
from workers.doors import Platform
from workers.gateway import heard


@dataclass
class Ear:
    """Who receives events; `away` fails so many times first, `broken` breaks so many times in a way that nobody foresaw."""

    heard: list[Event] = field(default_factory=list[Event])
    away: int = 0
    broken: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, event: Event) -> None:
        if self.away:
            self.away -= 1
            raise Unreachable("the database is away")
        if self.broken:
            self.broken -= 1
            raise ValueError("nobody thought of this")
        self.heard.append(event)
        async with self.news:
            self.news.notify_all()

    async def words(self, count: int) -> list[str]:
        """Wait until so many events came; their words."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.heard) >= count)
        return [event.body.text for event in self.heard if isinstance(event.body, Said)]


class Moody(LocalDrafts):
    """Remembers nothing, and breaks when it is asked to."""

    async def write(self, address: Address, message: str) -> str:
        raise ValueError(f"nobody thought of {message} at {address}")


@asynccontextmanager
async def _listening(desk: Desk) -> AsyncGenerator[Ear]:
    async with _told(desk, desk.bot.gateway.listen) as ear:
        yield ear


@asynccontextmanager
async def _told(desk: Desk, listen: Callable[[Ear], Coroutine[Any, Any, None]]) -> AsyncGenerator[Ear]:
    ear = Ear()
    task = asyncio.create_task(listen(ear))
    try:
        await desk.api.gateway.ready()
        yield ear
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _message(desk: Desk, words: str, **more: Any) -> dict[str, Any]:
    author = {"id": "7", "username": "lan"}
    return {"id": desk.api.snowflake(), "type": 0, "channel_id": "7", "author": author, "content": words, **more}


async def _says(desk: Desk, words: str, **more: Any) -> None:
    await desk.api.gateway.push("MESSAGE_CREATE", _message(desk, words, **more))


async def test_words_arrive_in_order_without_privileged_intents(desk: Desk) -> None:
    async with _listening(desk) as ear:
        for words in ("wan", "tu", "mute"):
            await _says(desk, words)
        assert await ear.words(3) == ["wan", "tu", "mute"]
    assert desk.api.gateway.beats >= 1


async def _reconnect(desk: Desk) -> None:
    await desk.api.gateway.send(7)


async def _dropped(desk: Desk) -> None:
    await desk.api.gateway.close(4000)


@pytest.mark.parametrize("cut", [_reconnect, _dropped])
async def test_what_was_said_while_the_connection_was_cut_is_heard(
    desk: Desk, cut: Callable[[Desk], Awaitable[None]]
) -> None:
    async with _listening(desk) as ear:
        await _says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        session = desk.api.gateway.sessions["session0"]
        await cut(desk)
        session.socket = None
        await _says(desk, "tu")
        await desk.api.gateway.ready(2)
        assert await ear.words(2) == ["wan", "tu"]
    assert (desk.api.gateway.identified, desk.api.gateway.resumed) == (1, 1)


async def test_a_session_that_is_not_known_any_more_begins_anew(desk: Desk) -> None:
    async with _listening(desk) as ear:
        await desk.api.gateway.send(9, False)
        await desk.api.gateway.ready(2)
        await _says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    assert desk.api.gateway.identified == 2


async def test_a_payload_that_nobody_can_read_ends_nothing(desk: Desk) -> None:
    async with _listening(desk) as ear:
        await desk.api.gateway.push("MESSAGE_CREATE", {"id": "x"})
        await desk.api.gateway.push("INTERACTION_CREATE", {"type": 2})
        await desk.api.gateway.push("MESSAGE_UPDATE", {"id": None})
        await _says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    assert desk.api.gateway.identified == 1


async def test_an_event_that_could_not_be_kept_is_offered_again_before_the_next(desk: Desk) -> None:
    async with _listening(desk) as ear:
        ear.away = 1
        await _says(desk, "wan")
        await _says(desk, "tu")
        assert await ear.words(2) == ["wan", "tu"]


@pytest.mark.parametrize(("times", "words"), [(1, ["wan", "tu"]), (8, ["tu"])])
async def test_an_event_that_breaks_whoever_keeps_it_makes_nobody_deaf(
    desk: Desk, times: int, words: list[str]
) -> None:
    """It is offered again, and given up in the end."""
    async with _listening(desk) as ear:
        ear.broken = times
        await _says(desk, "wan")
        await _says(desk, "tu")
        assert await ear.words(len(words)) == words


async def test_a_command_whose_answer_breaks_is_kept_and_what_comes_after_it_too(desk: Desk) -> None:
    moody = desk.connected(Moody())
    async with _told(desk, moody.gateway.listen) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", desk.slash("quiz"))
        await _says(desk, "wan")
        assert await ear.words(2) == ["/quiz", "wan"]
    await moody.close()


async def test_commands_that_discord_does_not_take_keep_nobody_from_being_heard(desk: Desk) -> None:
    desk.api.refuse("PUT /applications", Answer(400, "Max number of daily application command creates", 30034))
    desk.api.refuse("PUT /applications", Answer(503, "the server is away"))
    offered, waits = asyncio.Event(), list[float]()

    async def announce() -> None:
        await desk.bot.register()
        offered.set()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    platform = Platform(
        channel=desk.bot.channel,
        gateway=desk.bot.gateway,
        announce=announce,
        greet=desk.bot.channel.identify,
        close=desk.bot.close,
        hooked=False,
    )
    async with _told(desk, lambda ear: heard(platform, desk.bot.gateway, ear, sleep=sleep)) as ear:
        await _says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        async with asyncio.timeout(5):
            await offered.wait()
    assert waits == [1.0, 2.0]
    assert len(desk.api.commands) == 4


async def test_every_shard_is_listened_to(desk: Desk) -> None:
    desk.api.gateway.shards = 2
    async with _listening(desk) as ear:
        await desk.api.gateway.ready(2)
        mention = {"id": "4242", "username": "Sona"}
        await _says(desk, "<@4242> wan", guild_id=str(1 << 22), mentions=[mention])
        assert await ear.words(1) == ["wan"]
        await _says(desk, "tu")
        assert await ear.words(2) == ["wan", "tu"]
    assert {session.shard for session in desk.api.gateway.sessions.values()} == {(0, 2), (1, 2)}


async def test_an_edit_is_answered_once_more_under_an_id_of_its_own(desk: Desk) -> None:
    async with _listening(desk) as ear:
        said = _message(desk, "waht is moku")
        await desk.api.gateway.push("MESSAGE_CREATE", said)
        edited = {**said, "content": "what is moku", "edited_timestamp": "2024-10-27T00:01:00+00:00"}
        await desk.api.gateway.push("MESSAGE_UPDATE", edited)
        await desk.api.gateway.push("MESSAGE_UPDATE", {**said, "embeds": [{}]})
        await desk.api.gateway.push("MESSAGE_UPDATE", {**edited, "pinned": True})
        assert await ear.words(3) == ["waht is moku", "what is moku", "what is moku"]
    assert [event.id.removeprefix(f"discord:{said['id']}") for event in ear.heard] == ["", ":edited", ":edited"]


async def test_choices_are_offered_while_somebody_types(desk: Desk) -> None:
    option = {"name": "unit", "type": 3, "value": "2", "focused": True}
    asked = desk.api.asks(
        {"type": 4, "channel_id": "7", "locale": "vi", "data": {"id": "1", "name": "lesson", "options": [option]}}
    )
    async with _listening(desk) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", asked)
        await _says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        await desk.bot.channel.settled()
    told = desk.api.told[asked["token"]].response
    assert told == {"type": 8, "data": {"choices": [{"name": "vi lesson 2", "value": "toki/2"}]}}


async def test_a_thread_that_is_being_opened_holds_up_nobody(desk: Desk) -> None:
    asked = desk.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson"})
    async with _listening(desk) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", asked)
        await _says(desk, "wan")
        assert set(await ear.words(2)) == {"/lesson", "wan"}
        (lesson,) = [event for event in ear.heard if event.body == Said(text="/lesson")]
        await desk.bot.channel.settled()
    assert desk.api.rooms[lesson.address.chat].parent == "7"


async def _spoken_to(desk: Desk, *chats: str) -> None:
    mention = {"id": "4242", "username": "Sona"}
    for chat in chats:
        await _says(desk, "<@4242> wan", channel_id=chat, guild_id="55", mentions=[mention])


async def test_who_puts_the_bot_out_has_left_every_chat_it_was_spoken_to_in(desk: Desk) -> None:
    async with _listening(desk) as ear:
        await _spoken_to(desk, "100", "101", "102")
        await desk.api.gateway.push("GUILD_DELETE", {"id": "55", "unavailable": True})
        await desk.api.gateway.push("CHANNEL_DELETE", {"id": "101", "type": 0, "guild_id": "55"})
        await desk.api.gateway.push("CHANNEL_DELETE", {"id": "999", "type": 0, "guild_id": "55"})
        await desk.api.gateway.push("GUILD_DELETE", {"id": "55"})
        await ear.words(6)
    left = [str(event.address) for event in ear.heard if isinstance(event.body, Left)]
    assert left == ["discord:101", "discord:100", "discord:102"]
    assert len({event.id for event in ear.heard}) == 6


async def test_discord_has_its_answer_while_what_came_before_cannot_be_kept(desk: Desk) -> None:
    async with _listening(desk) as ear:
        ear.away = 1_000_000
        await _says(desk, "wan")
        asked = desk.slash("quiz")
        await desk.api.gateway.push("INTERACTION_CREATE", asked)
        async with asyncio.timeout(5):
            while desk.api.told[asked["token"]].response is None:
                desk.api.called.clear()
                await desk.api.called.wait()
        assert ear.heard == []
        ear.away = 0
        assert await ear.words(2) == ["wan", "/quiz"]


async def test_two_who_type_at_once_both_have_their_choices(desk: Desk) -> None:
    option = {"name": "unit", "type": 3, "value": "", "focused": True}
    payload = {"type": 4, "channel_id": "7", "data": {"id": "1", "name": "lesson", "options": [option]}}
    both = [desk.api.asks(payload) for _ in range(2)]
    for asked in both:
        assert desk.bot.channel.read("INTERACTION_CREATE", asked) == ()
    await desk.bot.channel.settled()
    told = [desk.api.told[asked["token"]].response for asked in both]
    assert [response and len(response["data"]["choices"]) for response in told] == [3, 3]
