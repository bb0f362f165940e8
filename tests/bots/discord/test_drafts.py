"""Answers half written: one message for each in the end, whoever comes between, tries again or draws too late."""

import asyncio
from typing import Any

import pytest

from core.address import Address
from core.errors import Unreachable
from core.reply import Text
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer, rate_limited

ONLY = Address("discord", "7", "@7")
PAGES = Text(text="\n\n".join("word " * 300 for _ in range(3)))


async def _commands(setup: DiscordSetup, name: str) -> None:
    await _taken_up(setup, setup.slash_command(name))


async def _taken_up(setup: DiscordSetup, asked: dict[str, Any]) -> None:
    await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", asked))
    await setup.bot.channel.wait_for_calls()


async def _called(setup: DiscordSetup, call: str) -> None:
    """Wait until Discord is called like this once more."""
    before = len(setup.api.calls)
    async with asyncio.timeout(5):
        while not any(each.startswith(call) for each in setup.api.calls[before:]):
            setup.api.called.clear()
            await setup.api.called.wait()


async def test_a_command_leaves_nothing_half_written_behind(setup: DiscordSetup) -> None:
    live = setup.bot.channel.live(HERE)
    await live.draft("Once upon")
    await _commands(setup, "stop")
    setup.clock.pass_(2)
    await live.draft("Once upon a time")
    assert setup.api.channel().texts == ["Once upon a time"]
    await setup.bot.channel.send(HERE, Text(text="Once upon a time there"), key="p")
    await setup.bot.channel.send(HERE, Text(text="Stopped."), key="q")
    assert setup.api.channel().texts == ["Once upon a time there", "Stopped."]


async def test_a_promise_given_while_the_first_draft_is_on_its_way_is_kept(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7/messages", rate_limited(0.3))
    drawing = asyncio.create_task(setup.bot.channel.live(HERE).draft("Once upon"))
    await _called(setup, "POST /channels/7/messages")
    await _commands(setup, "quiz")
    await drawing
    assert setup.api.channel().texts == ["Sona is thinking…"]
    await setup.bot.channel.send(HERE, Text(text="Once upon a time"), key="p")
    assert setup.api.channel().texts == ["Once upon a time"]


async def test_a_draft_that_somebody_deleted_is_begun_anew(setup: DiscordSetup) -> None:
    live = setup.bot.channel.live(HERE)
    await live.draft("o")
    setup.api.channel().messages.clear()
    for words in ("on", "one"):
        setup.clock.pass_(2)
        await live.draft(words)
    assert setup.api.channel().texts == ["one"]
    await setup.bot.channel.send(HERE, Text(text="one!"), key="p")
    assert setup.api.channel().texts == ["one!"]


@pytest.mark.parametrize("promised", [True, False])
async def test_an_answer_put_into_its_draft_and_sent_again_is_seen_once(setup: DiscordSetup, promised: bool) -> None:
    if promised:
        await _commands(setup, "quiz")
    await setup.bot.channel.live(HERE).draft("to")
    sent = [await setup.bot.channel.send(HERE, Text(text="toki"), key="p") for _ in range(2)]
    assert setup.api.channel().texts == ["toki"]
    assert sent[0] == sent[1]


async def test_what_one_person_alone_sees_is_seen_once_too(setup: DiscordSetup) -> None:
    await _taken_up(setup, setup.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"}))
    for key in ("p", "p", "q", "q"):
        await setup.bot.channel.send(ONLY, Text(text=key), key=key)
    assert setup.api.channel().texts == ["p", "q"]


async def test_pages_after_the_first_that_are_refused_double_nothing(setup: DiscordSetup) -> None:
    await setup.bot.channel.live(HERE).draft("word")
    setup.api.refuse("POST /channels/7/messages", Answer(503, "the server is away"))
    with pytest.raises(Unreachable):
        await setup.bot.channel.send(HERE, PAGES, key="p")
    assert len(setup.api.channel().texts) == 1
    for _ in range(2):
        await setup.bot.channel.send(HERE, PAGES, key="p")
    assert len(setup.api.channel().texts) == 3


async def test_a_promise_given_while_an_answer_is_put_into_its_draft_is_kept(setup: DiscordSetup) -> None:
    await setup.bot.channel.live(HERE).draft("to")
    setup.api.refuse("PATCH /channels/7/messages", rate_limited(0.3))
    sending = asyncio.create_task(setup.bot.channel.send(HERE, Text(text="toki"), key="p"))
    await _called(setup, "PATCH /channels/7/messages")
    await _commands(setup, "quiz")
    await sending
    assert setup.api.channel().texts == ["toki", "Sona is thinking…"]
    await setup.bot.channel.send(HERE, Text(text="moku?"), key="q")
    assert setup.api.channel().texts == ["toki", "moku?"]


@pytest.mark.parametrize("drawn", [True, False])
async def test_what_another_process_draws_too_late_is_not_seen(setup: DiscordSetup, drawn: bool) -> None:
    """Either an edit of the draft or the first sight of it."""
    other = setup.connect(setup.drafts)
    live = other.channel.live(HERE)
    if drawn:
        await live.draft("t")
        setup.clock.pass_(2)
    await setup.bot.channel.identify()
    call = f"{'PATCH' if drawn else 'POST'} /channels/7/messages"
    setup.api.refuse(call, rate_limited(0.3))
    drawing = asyncio.create_task(live.draft("to"))
    await _called(setup, call)
    await setup.bot.channel.send(HERE, Text(text="toki"), key="p")
    await drawing
    await other.close()
    assert setup.api.channel().texts == ["toki"]


async def test_a_draft_whose_process_ended_while_it_drew_goes_on_elsewhere(setup: DiscordSetup) -> None:
    await setup.bot.channel.live(HERE).draft("t")
    setup.clock.pass_(2)
    await setup.drafts.write(HERE, f"{await setup.drafts.read(HERE)}~gone")
    live = setup.connect(setup.drafts)
    await live.channel.live(HERE).draft("to")
    assert setup.api.channel().texts == ["to"]
    await live.channel.send(HERE, Text(text="toki"), key="p")
    await live.close()
    assert setup.api.channel().texts == ["toki"]


async def test_what_is_drawn_before_discord_knows_of_the_promise_is_drawn_a_moment_later(setup: DiscordSetup) -> None:
    asked = setup.slash_command("quiz")
    setup.clock.pass_((int(asked["id"]) >> 22) / 1000 + 1420070400 - setup.clock.now().timestamp() + 1)
    await setup.bot.channel.answer(setup.bot.channel.read("INTERACTION_CREATE", asked))
    live = setup.bot.channel.live(HERE)
    await live.draft("to")
    assert setup.api.contents == ["to"]
    await setup.bot.client.respond(asked["id"], asked["token"], {"type": 5})
    setup.clock.pass_(1.4)
    await live.draft("tok")
    assert setup.api.channel().texts == ["tok"]
