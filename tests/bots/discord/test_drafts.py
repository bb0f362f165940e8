"""Answers half written: one message for each in the end, whoever comes between, tries again or draws too late."""

import asyncio
from typing import Any

import pytest

from core.address import Address
from core.errors import Unreachable
from core.reply import Text
from tests.bots.discord.conftest import HERE, Desk
from tests.fakes.discord_rules import Answer, limited

ONLY = Address("discord", "7", "@7")
PAGES = Text(text="\n\n".join("word " * 300 for _ in range(3)))


async def _commands(desk: Desk, name: str) -> None:
    await _taken_up(desk, desk.slash(name))


async def _taken_up(desk: Desk, asked: dict[str, Any]) -> None:
    await desk.bot.channel.take_up(desk.bot.channel.read("INTERACTION_CREATE", asked))
    await desk.bot.channel.settled()


async def _called(desk: Desk, call: str) -> None:
    """Wait until Discord is called like this once more."""
    before = len(desk.api.calls)
    async with asyncio.timeout(5):
        while not any(each.startswith(call) for each in desk.api.calls[before:]):
            desk.api.called.clear()
            await desk.api.called.wait()


async def test_a_command_leaves_nothing_half_written_behind(desk: Desk) -> None:
    live = desk.bot.channel.live(HERE)
    await live.draft("Once upon")
    await _commands(desk, "stop")
    desk.clock.pass_(2)
    await live.draft("Once upon a time")
    assert desk.api.room().texts == ["Once upon a time"]
    await desk.bot.channel.send(HERE, Text(text="Once upon a time there"), key="p")
    await desk.bot.channel.send(HERE, Text(text="Stopped."), key="q")
    assert desk.api.room().texts == ["Once upon a time there", "Stopped."]


async def test_a_promise_given_while_the_first_draft_is_on_its_way_is_kept(desk: Desk) -> None:
    desk.api.refuse("POST /channels/7/messages", limited(0.3))
    drawing = asyncio.create_task(desk.bot.channel.live(HERE).draft("Once upon"))
    await _called(desk, "POST /channels/7/messages")
    await _commands(desk, "quiz")
    await drawing
    assert desk.api.room().texts == ["Sona is thinking…"]
    await desk.bot.channel.send(HERE, Text(text="Once upon a time"), key="p")
    assert desk.api.room().texts == ["Once upon a time"]


async def test_a_draft_that_somebody_deleted_is_begun_anew(desk: Desk) -> None:
    live = desk.bot.channel.live(HERE)
    await live.draft("o")
    desk.api.room().messages.clear()
    for words in ("on", "one"):
        desk.clock.pass_(2)
        await live.draft(words)
    assert desk.api.room().texts == ["one"]
    await desk.bot.channel.send(HERE, Text(text="one!"), key="p")
    assert desk.api.room().texts == ["one!"]


@pytest.mark.parametrize("promised", [True, False])
async def test_an_answer_put_into_its_draft_and_sent_again_is_seen_once(desk: Desk, promised: bool) -> None:
    if promised:
        await _commands(desk, "quiz")
    await desk.bot.channel.live(HERE).draft("to")
    sent = [await desk.bot.channel.send(HERE, Text(text="toki"), key="p") for _ in range(2)]
    assert desk.api.room().texts == ["toki"]
    assert sent[0] == sent[1]


async def test_what_one_person_alone_sees_is_seen_once_too(desk: Desk) -> None:
    await _taken_up(desk, desk.in_server(type=2, data={"id": "1", "type": 1, "name": "progress"}))
    for key in ("p", "p", "q", "q"):
        await desk.bot.channel.send(ONLY, Text(text=key), key=key)
    assert desk.api.room().texts == ["p", "q"]


async def test_pages_after_the_first_that_are_refused_double_nothing(desk: Desk) -> None:
    await desk.bot.channel.live(HERE).draft("word")
    desk.api.refuse("POST /channels/7/messages", Answer(503, "the server is away"))
    with pytest.raises(Unreachable):
        await desk.bot.channel.send(HERE, PAGES, key="p")
    assert len(desk.api.room().texts) == 1
    for _ in range(2):
        await desk.bot.channel.send(HERE, PAGES, key="p")
    assert len(desk.api.room().texts) == 3


async def test_a_promise_given_while_an_answer_is_put_into_its_draft_is_kept(desk: Desk) -> None:
    await desk.bot.channel.live(HERE).draft("to")
    desk.api.refuse("PATCH /channels/7/messages", limited(0.3))
    sending = asyncio.create_task(desk.bot.channel.send(HERE, Text(text="toki"), key="p"))
    await _called(desk, "PATCH /channels/7/messages")
    await _commands(desk, "quiz")
    await sending
    assert desk.api.room().texts == ["toki", "Sona is thinking…"]
    await desk.bot.channel.send(HERE, Text(text="moku?"), key="q")
    assert desk.api.room().texts == ["toki", "moku?"]


@pytest.mark.parametrize("drawn", [True, False])
async def test_what_another_process_draws_too_late_is_not_seen(desk: Desk, drawn: bool) -> None:
    """Either an edit of the draft or the first sight of it."""
    other = desk.connected(desk.drafts)
    live = other.channel.live(HERE)
    if drawn:
        await live.draft("t")
        desk.clock.pass_(2)
    await desk.bot.channel.identify()
    call = f"{'PATCH' if drawn else 'POST'} /channels/7/messages"
    desk.api.refuse(call, limited(0.3))
    drawing = asyncio.create_task(live.draft("to"))
    await _called(desk, call)
    await desk.bot.channel.send(HERE, Text(text="toki"), key="p")
    await drawing
    await other.close()
    assert desk.api.room().texts == ["toki"]


async def test_a_draft_whose_process_ended_while_it_drew_goes_on_elsewhere(desk: Desk) -> None:
    await desk.bot.channel.live(HERE).draft("t")
    desk.clock.pass_(2)
    await desk.drafts.write(HERE, f"{await desk.drafts.read(HERE)}~gone")
    live = desk.connected(desk.drafts)
    await live.channel.live(HERE).draft("to")
    assert desk.api.room().texts == ["to"]
    await live.channel.send(HERE, Text(text="toki"), key="p")
    await live.close()
    assert desk.api.room().texts == ["toki"]


async def test_what_is_drawn_before_discord_knows_of_the_promise_is_drawn_a_moment_later(desk: Desk) -> None:
    asked = desk.slash("quiz")
    desk.clock.pass_((int(asked["id"]) >> 22) / 1000 + 1420070400 - desk.clock.now().timestamp() + 1)
    await desk.bot.channel.answer(desk.bot.channel.read("INTERACTION_CREATE", asked))
    live = desk.bot.channel.live(HERE)
    await live.draft("to")
    assert desk.api.drawn == ["to"]
    await desk.bot.client.respond(asked["id"], asked["token"], {"type": 5})
    desk.clock.pass_(1.4)
    await live.draft("tok")
    assert desk.api.room().texts == ["tok"]
