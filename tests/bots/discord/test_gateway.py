"""Listening at the gateway: all is heard in its order, whatever comes between."""

import asyncio

import pytest

from bots.discord.drafts import LocalDiscordDrafts
from core.address import Address
from core.event import Left, Said
from tests.bots.discord.conftest import Desk
from tests.bots.discord.gateway_client import listening, message, says, told
from tests.fakes.discord_rules import Answer
from workers.compose.channels import ConnectedPlatform
from workers.processes.gateway import listen_and_announce


class Moody(LocalDiscordDrafts):
    """Has nothing to tell, and breaks when it is asked to remember something."""

    async def write(self, address: Address, message: str) -> str:
        if message:
            raise ValueError(f"nobody thought of {message} at {address}")
        return ""


async def test_words_arrive_in_order_without_privileged_intents(desk: Desk) -> None:
    async with listening(desk) as ear:
        for words in ("wan", "tu", "mute"):
            await says(desk, words)
        assert await ear.words(3) == ["wan", "tu", "mute"]
    assert desk.api.gateway.beats >= 1


async def test_a_payload_that_nobody_can_read_ends_nothing(desk: Desk) -> None:
    async with listening(desk) as ear:
        await desk.api.gateway.push("MESSAGE_CREATE", {"id": "x"})
        await desk.api.gateway.push("INTERACTION_CREATE", {"type": 2})
        await desk.api.gateway.push("MESSAGE_UPDATE", {"id": None})
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
    assert desk.api.gateway.identified == 1


async def test_an_event_that_could_not_be_kept_is_offered_again_before_the_next(desk: Desk) -> None:
    async with listening(desk) as ear:
        ear.away = 1
        await says(desk, "wan")
        await says(desk, "tu")
        assert await ear.words(2) == ["wan", "tu"]


@pytest.mark.parametrize(("times", "words"), [(1, ["wan", "tu"]), (8, ["tu"])])
async def test_an_event_that_breaks_whoever_keeps_it_makes_nobody_deaf(
    desk: Desk, times: int, words: list[str]
) -> None:
    """It is offered again, and given up in the end."""
    async with listening(desk) as ear:
        ear.broken = times
        await says(desk, "wan")
        await says(desk, "tu")
        assert await ear.words(len(words)) == words


async def test_a_command_whose_answer_breaks_is_kept_and_what_comes_after_it_too(desk: Desk) -> None:
    moody = desk.connected(Moody())
    async with told(desk, moody.gateway.listen) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", desk.slash("quiz"))
        await says(desk, "wan")
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

    platform = ConnectedPlatform(
        channel=desk.bot.channel,
        gateway=desk.bot.gateway,
        announce=announce,
        identify=desk.bot.channel.identify,
        close=desk.bot.close,
        has_webhook=False,
    )
    async with told(desk, lambda ear: listen_and_announce(platform, desk.bot.gateway, ear, sleep=sleep)) as ear:
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        async with asyncio.timeout(5):
            await offered.wait()
    assert waits == [1.0, 2.0]
    assert len(desk.api.commands) == 4


async def test_every_shard_is_listened_to(desk: Desk) -> None:
    desk.api.gateway.shards = 2
    async with listening(desk) as ear:
        await desk.api.gateway.ready(2)
        mention = {"id": "4242", "username": "Sona"}
        await says(desk, "<@4242> wan", guild_id=str(1 << 22), mentions=[mention])
        assert await ear.words(1) == ["wan"]
        await says(desk, "tu")
        assert await ear.words(2) == ["wan", "tu"]
    assert {session.shard for session in desk.api.gateway.sessions.values()} == {(0, 2), (1, 2)}


async def test_an_edit_is_answered_once_more_under_an_id_of_its_own(desk: Desk) -> None:
    async with listening(desk) as ear:
        said = message(desk, "waht is moku")
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
    async with listening(desk) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", asked)
        await says(desk, "wan")
        assert await ear.words(1) == ["wan"]
        await desk.bot.channel.settled()
    response = desk.api.told[asked["token"]].response
    assert response == {"type": 8, "data": {"choices": [{"name": "vi lesson 2", "value": "toki/2"}]}}


async def test_a_thread_that_is_being_opened_holds_up_nobody(desk: Desk) -> None:
    asked = desk.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson"})
    async with listening(desk) as ear:
        await desk.api.gateway.push("INTERACTION_CREATE", asked)
        await says(desk, "wan")
        assert set(await ear.words(2)) == {"/lesson", "wan"}
        (lesson,) = [event for event in ear.heard if event.body == Said(text="/lesson")]
        await desk.bot.channel.settled()
    assert desk.api.rooms[lesson.address.chat].parent == "7"


async def _spoken_to(desk: Desk, *chats: str) -> None:
    mention = {"id": "4242", "username": "Sona"}
    for chat in chats:
        await says(desk, "<@4242> wan", channel_id=chat, guild_id="55", mentions=[mention])


async def test_who_puts_the_bot_out_has_left_every_chat_it_was_spoken_to_in(desk: Desk) -> None:
    async with listening(desk) as ear:
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
    async with listening(desk) as ear:
        ear.away = 1_000_000
        await says(desk, "wan")
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
    responses = [desk.api.told[asked["token"]].response for asked in both]
    assert [response and len(response["data"]["choices"]) for response in responses] == [3, 3]
