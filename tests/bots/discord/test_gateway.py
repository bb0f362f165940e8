"""Listening at the gateway: all is heard in its order, whatever comes between."""

import asyncio

import pytest

from bots.discord.drafts import LocalDiscordDrafts
from core.address import Address
from core.event import Left, Said
from tests.bots.discord.conftest import DiscordSetup
from tests.bots.discord.gateway_client import listening, message, push_message, running
from tests.fakes.discord_rules import Answer
from workers.compose.channels import ConnectedPlatform
from workers.processes.gateway import heard


class Moody(LocalDiscordDrafts):
    """Has nothing to tell, and breaks when it is asked to remember something."""

    async def write(self, address: Address, message: str) -> str:
        if message:
            raise ValueError(f"nobody thought of {message} at {address}")
        return ""


async def test_words_arrive_in_order_without_privileged_intents(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        for words in ("wan", "tu", "mute"):
            await push_message(setup, words)
        assert await ear.texts(3) == ["wan", "tu", "mute"]
    assert setup.api.gateway.heartbeats >= 1


async def test_a_payload_that_nobody_can_read_ends_nothing(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        await setup.api.gateway.push("MESSAGE_CREATE", {"id": "x"})
        await setup.api.gateway.push("INTERACTION_CREATE", {"type": 2})
        await setup.api.gateway.push("MESSAGE_UPDATE", {"id": None})
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
    assert setup.api.gateway.identified == 1


async def test_an_event_that_could_not_be_kept_is_offered_again_before_the_next(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        ear.unreachable = 1
        await push_message(setup, "wan")
        await push_message(setup, "tu")
        assert await ear.texts(2) == ["wan", "tu"]


@pytest.mark.parametrize(("times", "words"), [(1, ["wan", "tu"]), (8, ["tu"])])
async def test_an_event_that_breaks_whoever_keeps_it_makes_nobody_deaf(
    setup: DiscordSetup, times: int, words: list[str]
) -> None:
    """It is offered again, and given up in the end."""
    async with listening(setup) as ear:
        ear.broken = times
        await push_message(setup, "wan")
        await push_message(setup, "tu")
        assert await ear.texts(len(words)) == words


async def test_a_command_whose_answer_breaks_is_kept_and_what_comes_after_it_too(setup: DiscordSetup) -> None:
    moody = setup.connect(Moody())
    async with running(setup, moody.gateway.listen) as ear:
        await setup.api.gateway.push("INTERACTION_CREATE", setup.slash_command("quiz"))
        await push_message(setup, "wan")
        assert await ear.texts(2) == ["/quiz", "wan"]
    await moody.close()


async def test_commands_that_discord_does_not_take_keep_nobody_from_being_heard(setup: DiscordSetup) -> None:
    setup.api.refuse("PUT /applications", Answer(400, "Max number of daily application command creates", 30034))
    setup.api.refuse("PUT /applications", Answer(503, "the server is away"))
    offered, waits = asyncio.Event(), list[float]()

    async def announce() -> None:
        await setup.bot.register()
        offered.set()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    platform = ConnectedPlatform(
        channel=setup.bot.channel,
        gateway=setup.bot.gateway,
        announce=announce,
        greet=setup.bot.channel.identify,
        close=setup.bot.close,
        hooked=False,
    )
    async with running(setup, lambda ear: heard(platform, setup.bot.gateway, ear, sleep=sleep)) as ear:
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
        async with asyncio.timeout(5):
            await offered.wait()
    assert waits == [1.0, 2.0]
    assert len(setup.api.commands) == 4


async def test_every_shard_is_listened_to(setup: DiscordSetup) -> None:
    setup.api.gateway.shards = 2
    async with listening(setup) as ear:
        await setup.api.gateway.ready(2)
        mention = {"id": "4242", "username": "Sona"}
        await push_message(setup, "<@4242> wan", guild_id=str(1 << 22), mentions=[mention])
        assert await ear.texts(1) == ["wan"]
        await push_message(setup, "tu")
        assert await ear.texts(2) == ["wan", "tu"]
    assert {session.shard for session in setup.api.gateway.sessions.values()} == {(0, 2), (1, 2)}


async def test_an_edit_is_answered_once_more_under_an_id_of_its_own(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        said = message(setup, "waht is moku")
        await setup.api.gateway.push("MESSAGE_CREATE", said)
        edited = {**said, "content": "what is moku", "edited_timestamp": "2024-10-27T00:01:00+00:00"}
        await setup.api.gateway.push("MESSAGE_UPDATE", edited)
        await setup.api.gateway.push("MESSAGE_UPDATE", {**said, "embeds": [{}]})
        await setup.api.gateway.push("MESSAGE_UPDATE", {**edited, "pinned": True})
        assert await ear.texts(3) == ["waht is moku", "what is moku", "what is moku"]
    assert [event.id.removeprefix(f"discord:{said['id']}") for event in ear.events] == ["", ":edited", ":edited"]


async def test_choices_are_offered_while_somebody_types(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "2", "focused": True}
    asked = setup.api.interaction(
        {"type": 4, "channel_id": "7", "locale": "vi", "data": {"id": "1", "name": "lesson", "options": [option]}}
    )
    async with listening(setup) as ear:
        await setup.api.gateway.push("INTERACTION_CREATE", asked)
        await push_message(setup, "wan")
        assert await ear.texts(1) == ["wan"]
        await setup.bot.channel.wait_for_calls()
    response = setup.api.interactions[asked["token"]].response
    assert response == {"type": 8, "data": {"choices": [{"name": "vi lesson 2", "value": "toki/2"}]}}


async def test_a_thread_that_is_being_opened_holds_up_nobody(setup: DiscordSetup) -> None:
    asked = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson"})
    async with listening(setup) as ear:
        await setup.api.gateway.push("INTERACTION_CREATE", asked)
        await push_message(setup, "wan")
        assert set(await ear.texts(2)) == {"/lesson", "wan"}
        (lesson,) = [event for event in ear.events if event.body == Said(text="/lesson")]
        await setup.bot.channel.wait_for_calls()
    assert setup.api.channels[lesson.address.chat].parent == "7"


async def _spoken_to(setup: DiscordSetup, *chats: str) -> None:
    mention = {"id": "4242", "username": "Sona"}
    for chat in chats:
        await push_message(setup, "<@4242> wan", channel_id=chat, guild_id="55", mentions=[mention])


async def test_who_puts_the_bot_out_has_left_every_chat_it_was_spoken_to_in(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        await _spoken_to(setup, "100", "101", "102")
        await setup.api.gateway.push("GUILD_DELETE", {"id": "55", "unavailable": True})
        await setup.api.gateway.push("CHANNEL_DELETE", {"id": "101", "type": 0, "guild_id": "55"})
        await setup.api.gateway.push("CHANNEL_DELETE", {"id": "999", "type": 0, "guild_id": "55"})
        await setup.api.gateway.push("GUILD_DELETE", {"id": "55"})
        await ear.texts(6)
    left = [str(event.address) for event in ear.events if isinstance(event.body, Left)]
    assert left == ["discord:101", "discord:100", "discord:102"]
    assert len({event.id for event in ear.events}) == 6


async def test_discord_has_its_answer_while_what_came_before_cannot_be_kept(setup: DiscordSetup) -> None:
    async with listening(setup) as ear:
        ear.unreachable = 1_000_000
        await push_message(setup, "wan")
        asked = setup.slash_command("quiz")
        await setup.api.gateway.push("INTERACTION_CREATE", asked)
        async with asyncio.timeout(5):
            while setup.api.interactions[asked["token"]].response is None:
                setup.api.called.clear()
                await setup.api.called.wait()
        assert ear.events == []
        ear.unreachable = 0
        assert await ear.texts(2) == ["wan", "/quiz"]


async def test_two_who_type_at_once_both_have_their_choices(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "", "focused": True}
    payload = {"type": 4, "channel_id": "7", "data": {"id": "1", "name": "lesson", "options": [option]}}
    both = [setup.api.interaction(payload) for _ in range(2)]
    for asked in both:
        assert setup.bot.channel.read("INTERACTION_CREATE", asked) == ()
    await setup.bot.channel.wait_for_calls()
    responses = [setup.api.interactions[asked["token"]].response for asked in both]
    assert [response and len(response["data"]["choices"]) for response in responses] == [3, 3]
