"""The gateway: events are received in order, despite failures."""

import asyncio

import pytest

from bots.discord.drafts import LocalDiscordDrafts
from core.address import Address
from core.event import Left, Said
from tests.bots.discord.conftest import DiscordSetup
from tests.bots.discord.gateway_client import listening, message, push_message, running
from tests.fakes.discord_rules import Answer
from workers.compose.channels import ConnectedPlatform
from workers.processes.gateway import listen_and_announce


class BrokenDrafts(LocalDiscordDrafts):
    """Stores nothing, and fails on writing a value."""

    async def write(self, address: Address, message: str) -> str:
        if message:
            raise ValueError(f"cannot store {message} for {address}")
        return ""


async def test_messages_arrive_in_order_without_privileged_intents(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        for words in ("wan", "tu", "mute"):
            await push_message(setup, words)
        assert await receiver.texts(3) == ["wan", "tu", "mute"]
    assert setup.api.gateway.heartbeats >= 1


async def test_malformed_payloads_do_not_end_the_session(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        await setup.api.gateway.push("MESSAGE_CREATE", {"id": "x"})
        await setup.api.gateway.push("INTERACTION_CREATE", {"type": 2})
        await setup.api.gateway.push("MESSAGE_UPDATE", {"id": None})
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
    assert setup.api.gateway.identified == 1


async def test_an_event_that_could_not_be_stored_is_retried_before_the_next(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        receiver.unreachable = 1
        await push_message(setup, "wan")
        await push_message(setup, "tu")
        assert await receiver.texts(2) == ["wan", "tu"]


@pytest.mark.parametrize(("times", "words"), [(1, ["wan", "tu"]), (8, ["tu"])])
async def test_an_event_that_fails_unexpectedly_does_not_block_the_next(
    setup: DiscordSetup, times: int, words: list[str]
) -> None:
    """It is retried, and dropped after the last attempt."""
    async with listening(setup) as receiver:
        receiver.broken = times
        await push_message(setup, "wan")
        await push_message(setup, "tu")
        assert await receiver.texts(len(words)) == words


async def test_a_command_whose_response_fails_is_received_and_so_is_the_next_event(setup: DiscordSetup) -> None:
    broken = setup.connect(BrokenDrafts())
    async with running(setup, broken.gateway.listen) as receiver:
        await setup.api.gateway.push("INTERACTION_CREATE", setup.slash_command("quiz"))
        await push_message(setup, "wan")
        assert await receiver.texts(2) == ["/quiz", "wan"]
    await broken.close()


async def test_events_are_received_while_registering_commands_fails(setup: DiscordSetup) -> None:
    setup.api.refuse("PUT /applications", Answer(400, "Max number of daily application command creates", 30034))
    setup.api.refuse("PUT /applications", Answer(503, "Service Unavailable"))
    registered, waits = asyncio.Event(), list[float]()

    async def announce() -> None:
        await setup.bot.register()
        registered.set()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    platform = ConnectedPlatform(
        channel=setup.bot.channel,
        gateway=setup.bot.gateway,
        announce=announce,
        identify=setup.bot.channel.identify,
        close=setup.bot.close,
        has_webhook=False,
    )
    async with running(
        setup, lambda receiver: listen_and_announce(platform, setup.bot.gateway, receiver, sleep=sleep)
    ) as receiver:
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
        async with asyncio.timeout(5):
            await registered.wait()
    assert waits == [1.0, 2.0]
    assert len(setup.api.commands) == 4


async def test_events_of_every_shard_are_received(setup: DiscordSetup) -> None:
    setup.api.gateway.shards = 2
    async with listening(setup) as receiver:
        await setup.api.gateway.ready(2)
        mention = {"id": "4242", "username": "Sona"}
        await push_message(setup, "<@4242> wan", guild_id=str(1 << 22), mentions=[mention])
        assert await receiver.texts(1) == ["wan"]
        await push_message(setup, "tu")
        assert await receiver.texts(2) == ["wan", "tu"]
    assert {session.shard for session in setup.api.gateway.sessions.values()} == {(0, 2), (1, 2)}


async def test_edits_of_a_message_share_an_event_id_of_their_own(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        said = message(setup, "waht is moku")
        await setup.api.gateway.push("MESSAGE_CREATE", said)
        edited = {**said, "content": "what is moku", "edited_timestamp": "2024-10-27T00:01:00+00:00"}
        await setup.api.gateway.push("MESSAGE_UPDATE", edited)
        await setup.api.gateway.push("MESSAGE_UPDATE", {**said, "embeds": [{}]})
        await setup.api.gateway.push("MESSAGE_UPDATE", {**edited, "pinned": True})
        assert await receiver.texts(3) == ["waht is moku", "what is moku", "what is moku"]
    assert [event.id.removeprefix(f"discord:{said['id']}") for event in receiver.events] == ["", ":edited", ":edited"]


async def test_autocomplete_is_answered_over_the_gateway(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "2", "focused": True}
    interaction = setup.api.interaction(
        {"type": 4, "channel_id": "7", "locale": "vi", "data": {"id": "1", "name": "lesson", "options": [option]}}
    )
    async with listening(setup) as receiver:
        await setup.api.gateway.push("INTERACTION_CREATE", interaction)
        await push_message(setup, "wan")
        assert await receiver.texts(1) == ["wan"]
        await setup.bot.channel.wait_for_calls()
    response = setup.api.interactions[interaction["token"]].response
    assert response == {"type": 8, "data": {"choices": [{"name": "vi lesson 2", "value": "toki/2"}]}}


async def test_opening_a_thread_does_not_delay_other_events(setup: DiscordSetup) -> None:
    interaction = setup.in_server(type=2, data={"id": "1", "type": 1, "name": "lesson"})
    async with listening(setup) as receiver:
        await setup.api.gateway.push("INTERACTION_CREATE", interaction)
        await push_message(setup, "wan")
        assert set(await receiver.texts(2)) == {"/lesson", "wan"}
        (lesson,) = [event for event in receiver.events if event.body == Said(text="/lesson")]
        await setup.bot.channel.wait_for_calls()
    assert setup.api.channels[lesson.address.chat].parent == "7"


async def _mention_in(setup: DiscordSetup, *chats: str) -> None:
    mention = {"id": "4242", "username": "Sona"}
    for chat in chats:
        await push_message(setup, "<@4242> wan", channel_id=chat, guild_id="55", mentions=[mention])


async def test_removing_the_bot_from_a_server_leaves_every_chat_it_was_addressed_in(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        await _mention_in(setup, "100", "101", "102")
        await setup.api.gateway.push("GUILD_DELETE", {"id": "55", "unavailable": True})
        await setup.api.gateway.push("CHANNEL_DELETE", {"id": "101", "type": 0, "guild_id": "55"})
        await setup.api.gateway.push("CHANNEL_DELETE", {"id": "999", "type": 0, "guild_id": "55"})
        await setup.api.gateway.push("GUILD_DELETE", {"id": "55"})
        await receiver.texts(6)
    left = [str(event.address) for event in receiver.events if isinstance(event.body, Left)]
    assert left == ["discord:101", "discord:100", "discord:102"]
    assert len({event.id for event in receiver.events}) == 6


async def test_interactions_get_their_response_while_earlier_events_cannot_be_stored(setup: DiscordSetup) -> None:
    async with listening(setup) as receiver:
        receiver.unreachable = 1_000_000
        await push_message(setup, "wan")
        interaction = setup.slash_command("quiz")
        await setup.api.gateway.push("INTERACTION_CREATE", interaction)
        async with asyncio.timeout(5):
            while setup.api.interactions[interaction["token"]].response is None:
                setup.api.called.clear()
                await setup.api.called.wait()
        assert receiver.events == []
        receiver.unreachable = 0
        assert await receiver.texts(2) == ["wan", "/quiz"]


async def test_simultaneous_autocompletes_are_both_answered(setup: DiscordSetup) -> None:
    option = {"name": "unit", "type": 3, "value": "", "focused": True}
    payload = {"type": 4, "channel_id": "7", "data": {"id": "1", "name": "lesson", "options": [option]}}
    both = [setup.api.interaction(payload) for _ in range(2)]
    for interaction in both:
        assert setup.bot.channel.read("INTERACTION_CREATE", interaction) == ()
    await setup.bot.channel.wait_for_calls()
    responses = [setup.api.interactions[interaction["token"]].response for interaction in both]
    assert [response and len(response["data"]["choices"]) for response in responses] == [3, 3]
