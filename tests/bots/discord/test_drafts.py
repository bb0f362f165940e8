"""Drafts: every answer ends up in one message, despite new commands, retries and late writers."""

import asyncio
from typing import Any

import pytest

from core.address import Address
from core.channel import LiveTarget
from core.errors import Unreachable
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer, rate_limited

PRIVATE = Address("discord", "7", "@7")
PAGES = Text(text="\n\n".join("word " * 300 for _ in range(3)))


async def _use_command(setup: DiscordSetup, name: str) -> None:
    await _interact(setup, setup.slash_command(name))


async def _interact(setup: DiscordSetup, interaction: dict[str, Any]) -> None:
    await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", interaction))
    await setup.bot.channel.wait_for_calls()


async def _wait_for_call(setup: DiscordSetup, call: str) -> None:
    """Wait for the next call that begins like this."""
    before = len(setup.api.calls)
    async with asyncio.timeout(5):
        while not any(each.startswith(call) for each in setup.api.calls[before:]):
            setup.api.called.clear()
            await setup.api.called.wait()


async def test_a_command_during_a_draft_leaves_no_draft_behind(setup: DiscordSetup) -> None:
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    await live.draft("Once upon")
    await _use_command(setup, "stop")
    setup.clock.pass_(2)
    await live.draft("Once upon a time")
    assert setup.api.channel().texts == ["Once upon a time"]
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Once upon a time there")))
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="Stopped.")))
    assert setup.api.channel().texts == ["Once upon a time there", "Stopped."]


async def test_a_deferred_message_created_while_the_first_draft_is_sent_gets_the_answer(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7/messages", rate_limited(0.3))
    drafting = asyncio.create_task(setup.bot.channel.live(LiveTarget(address=HERE)).draft("Once upon"))
    await _wait_for_call(setup, "POST /channels/7/messages")
    await _use_command(setup, "quiz")
    await drafting
    assert setup.api.channel().texts == ["Sona is thinking…"]
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Once upon a time")))
    assert setup.api.channel().texts == ["Once upon a time"]


async def test_a_deleted_draft_is_sent_again(setup: DiscordSetup) -> None:
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    await live.draft("o")
    setup.api.channel().messages.clear()
    for words in ("on", "one"):
        setup.clock.pass_(2)
        await live.draft(words)
    assert setup.api.channel().texts == ["one"]
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="one!")))
    assert setup.api.channel().texts == ["one!"]


@pytest.mark.parametrize("is_deferred", [True, False])
async def test_an_answer_that_replaces_its_draft_and_is_retried_appears_once(
    setup: DiscordSetup, is_deferred: bool
) -> None:
    if is_deferred:
        await _use_command(setup, "quiz")
    await setup.bot.channel.live(LiveTarget(address=HERE)).draft("to")
    sent = [
        await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki"))) for _ in range(2)
    ]
    assert setup.api.channel().texts == ["toki"]
    assert sent[0] == sent[1]


async def test_a_retried_ephemeral_message_appears_once(setup: DiscordSetup) -> None:
    await _interact(setup, setup.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"}))
    for key in ("p", "p", "q", "q"):
        await setup.bot.channel.send(OutboundMessage(id=key, address=PRIVATE, reply=Text(text=key)))
    assert setup.api.channel().texts == ["p", "q"]


async def test_a_failure_after_the_first_page_duplicates_no_page(setup: DiscordSetup) -> None:
    await setup.bot.channel.live(LiveTarget(address=HERE)).draft("word")
    setup.api.refuse("POST /channels/7/messages", Answer(503, "Service Unavailable"))
    with pytest.raises(Unreachable):
        await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=PAGES))
    assert len(setup.api.channel().texts) == 1
    for _ in range(2):
        await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=PAGES))
    assert len(setup.api.channel().texts) == 3


async def test_a_deferred_message_created_while_an_answer_replaces_its_draft_gets_the_next_answer(
    setup: DiscordSetup,
) -> None:
    await setup.bot.channel.live(LiveTarget(address=HERE)).draft("to")
    setup.api.refuse("PATCH /channels/7/messages", rate_limited(0.3))
    sending = asyncio.create_task(
        setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))
    )
    await _wait_for_call(setup, "PATCH /channels/7/messages")
    await _use_command(setup, "quiz")
    await sending
    assert setup.api.channel().texts == ["toki", "Sona is thinking…"]
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="moku?")))
    assert setup.api.channel().texts == ["toki", "moku?"]


@pytest.mark.parametrize("edits", [True, False])
async def test_a_late_draft_of_another_process_disappears(setup: DiscordSetup, edits: bool) -> None:
    """The late draft is an edit, or a new message."""
    other = setup.connect(setup.drafts)
    live = other.channel.live(LiveTarget(address=HERE))
    if edits:
        await live.draft("t")
        setup.clock.pass_(2)
    await setup.bot.channel.identify()
    call = f"{'PATCH' if edits else 'POST'} /channels/7/messages"
    setup.api.refuse(call, rate_limited(0.3))
    drafting = asyncio.create_task(live.draft("to"))
    await _wait_for_call(setup, call)
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))
    await drafting
    await other.close()
    assert setup.api.channel().texts == ["toki"]


async def test_another_process_continues_a_draft_whose_writer_ended(setup: DiscordSetup) -> None:
    await setup.bot.channel.live(LiveTarget(address=HERE)).draft("t")
    setup.clock.pass_(2)
    await setup.drafts.write(HERE, f"{await setup.drafts.read(HERE)}~gone")
    other = setup.connect(setup.drafts)
    await other.channel.live(LiveTarget(address=HERE)).draft("to")
    assert setup.api.channel().texts == ["to"]
    await other.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))
    await other.close()
    assert setup.api.channel().texts == ["toki"]


async def test_a_draft_written_before_discord_knows_the_deferred_message_is_written_later(setup: DiscordSetup) -> None:
    interaction = setup.slash_command("quiz")
    setup.clock.pass_((int(interaction["id"]) >> 22) / 1000 + 1420070400 - setup.clock.now().timestamp() + 1)
    await setup.bot.channel.answer(setup.bot.channel.read("INTERACTION_CREATE", interaction))
    live = setup.bot.channel.live(LiveTarget(address=HERE))
    await live.draft("to")
    assert setup.api.contents == ["to"]
    await setup.bot.client.respond(interaction["id"], interaction["token"], {"type": 5})
    setup.clock.pass_(1.4)
    await live.draft("tok")
    assert setup.api.channel().texts == ["tok"]
