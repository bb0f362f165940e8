"""Calls of Slack: webhooks and Socket Mode."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bots.http import Timeouts, Webhooks, application
from bots.slack.socket import SlackGateway
from core.channel import Gateway, Request
from core.errors import Unreachable
from core.event import Event, Rated, Said
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.slack.conftest import CHANNEL, THREAD, SlackSetup
from tests.fakes.slack import APP_TOKEN, event, post

FIXTURES = Path(__file__).parent / "fixtures"


def _payload(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["payload"]


def _no_count(name: str, /, **labels: str) -> None:
    """Discard counters."""


class FailingInbox:
    """Stores events by id; fails for the next `failing` of them."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.failing = 0
        self.refused = asyncio.Event()

    async def insert(self, event: Event) -> bool:
        if self.failing:
            self.failing -= 1
            self.refused.set()
            raise Unreachable("the database is unreachable")
        return self.events.setdefault(event.id, event) is event

    async def receive(self, event: Event) -> None:
        await self.insert(event)


@pytest.fixture
async def inbox() -> FailingInbox:
    return FailingInbox()


@pytest.fixture
async def url(setup: SlackSetup, inbox: FailingInbox) -> AsyncIterator[str]:
    """The URL of the web application that serves the channel."""
    hooks = Webhooks(inbox.insert, _no_count)
    runner = web.AppRunner(application(hooks, {"/slack": setup.app.channel}, [], Timeouts()))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    await runner.cleanup()


async def test_a_url_verification_returns_the_challenge(setup: SlackSetup, url: str) -> None:
    now = setup.clock.now().timestamp()
    status, said = await post(url, {"type": "url_verification", "challenge": "3eZbrw", "token": "x"}, now)
    assert (status, json.loads(said)) == (200, {"challenge": "3eZbrw"})
    assert await post(url, _payload("direct"), now) == (200, "")


async def test_a_repeated_event_is_stored_once(setup: SlackSetup, url: str, inbox: FailingInbox) -> None:
    now = setup.clock.now().timestamp()
    for retry in range(3):
        assert (await post(url, _payload("direct"), now, retry=retry))[0] == 200
    for name in ("mention", "mention_as_message"):
        assert (await post(url, _payload(name), now))[0] == 200
    assert [found.body for found in inbox.events.values()] == [Said(text="toki"), Said(text="what is moku?")]


async def test_an_event_that_cannot_be_stored_is_rejected_until_slack_retries(
    setup: SlackSetup, url: str, inbox: FailingInbox
) -> None:
    inbox.failing = 1
    now = setup.clock.now().timestamp()
    assert (await post(url, _payload("direct"), now))[0] == 503
    assert (await post(url, _payload("direct"), now, retry=1))[0] == 200
    assert len(inbox.events) == 1


async def test_an_old_call_is_rejected(setup: SlackSetup, url: str, inbox: FailingInbox) -> None:
    assert (await post(url, _payload("direct"), setup.clock.now().timestamp() - 301))[0] == 401
    assert not inbox.events


async def test_the_stop_button_ends_the_session(setup: SlackSetup, url: str) -> None:
    await post(url, _payload("stop_button"), setup.clock.now().timestamp())
    await setup.api.wait_until(lambda: setup.api.channels["D1"].sessions.get(THREAD.thread) == "active")


async def test_a_rating_is_confirmed_by_an_ephemeral_message_in_the_senders_language(
    setup: SlackSetup, url: str, inbox: FailingInbox
) -> None:
    setup.api.locales["U7"] = "vi-VN"
    answer = Text(text="Moku is food.", rateable=True)
    sent = await setup.app.channel.send(OutboundMessage(id="1", address=CHANNEL, reply=answer))
    value = setup.api.channels["C1"].messages[sent]["blocks"][-1]["elements"][0]["negative_button"]["value"]
    payload = _payload("rated_bad_in_a_thread")
    payload["container"]["message_ts"] = sent
    payload["container"]["thread_ts"] = payload["message"]["thread_ts"] = CHANNEL.thread
    payload["actions"][0]["value"] = value
    await post(url, payload, setup.clock.now().timestamp(), form=True)
    (found,) = inbox.events.values()
    assert (found.address, found.body) == (CHANNEL, Rated(good=False, of=sent))
    await setup.api.wait_until(lambda: bool(setup.api.channels["C1"].ephemeral))
    (thanks,) = setup.api.channels["C1"].ephemeral
    assert (thanks["user"], thanks["thread_ts"]) == ("U7", CHANNEL.thread)
    assert thanks["text"] == "Cảm ơn bạn, mình đã ghi lại."


async def test_concurrent_calls_are_not_mixed_up(setup: SlackSetup) -> None:
    channel = setup.app.channel

    def call(payload: dict[str, Any]) -> tuple[Event, ...]:
        return channel.parse(Request(body=json.dumps(payload).encode()))

    challenge = call({"type": "url_verification", "challenge": "3eZbrw", "token": "x"})
    opened, said = call(_payload("thread_started")), call(_payload("direct"))
    assert await channel.answer(said) is None
    answer = await channel.answer(challenge)
    assert answer is not None
    assert json.loads(answer.body) == {"challenge": "3eZbrw"}
    await channel.acknowledge(await channel.admit(said))
    assert setup.api.channels["D1"].prompts == []
    await channel.acknowledge(await channel.admit(opened))
    assert len(setup.api.channels["D1"].prompts) == 1


async def test_a_new_thread_gets_a_title_and_suggested_prompts(setup: SlackSetup, url: str) -> None:
    await post(url, _payload("thread_started"), setup.clock.now().timestamp())
    await setup.api.wait_until(lambda: bool(setup.api.channels["D1"].prompts))
    assert setup.api.channels["D1"].prompts == [{"title": "Quiz me", "message": "!quiz"}]
    assert setup.api.channels["D1"].titles == {"1700000000.000100": "Sona"}


async def test_a_button_in_the_home_tab_acts_in_the_direct_conversation(
    setup: SlackSetup, url: str, inbox: FailingInbox
) -> None:
    now = setup.clock.now().timestamp()
    await post(url, _payload("home_opened"), now)
    await setup.api.wait_until(lambda: "U7" in setup.api.views)
    actions = setup.api.views["U7"]["blocks"][-1]
    tap = {**actions["elements"][0], "block_id": actions["block_id"]}
    payload = {**_payload("tap_in_the_home_tab"), "actions": [tap]}
    await post(url, payload, now, form=True)
    (found,) = inbox.events.values()
    assert (str(found.address), found.body.kind) == ("slack:T1.D7", "tapped")


async def test_the_global_shortcut_opens_a_form_whose_text_goes_to_the_direct_conversation(
    setup: SlackSetup, url: str, inbox: FailingInbox
) -> None:
    now = setup.clock.now().timestamp()
    setup.api.trigger("13.1")
    setup.api.locales["U7"] = "es-ES"
    await post(url, _payload("global_shortcut"), now, form=True)
    await setup.api.wait_until(lambda: bool(setup.api.opened_forms))
    (form,) = setup.api.opened_forms
    assert (form["blocks"][0]["label"]["text"], form["submit"]["text"]) == ("¿Qué te gustaría saber?", "Preguntar")
    submitted = _payload("form_submitted")
    submitted["view"]["private_metadata"] = setup.api.opened_forms[0]["private_metadata"]
    assert await post(url, submitted, now, form=True) == (200, "")
    (found,) = inbox.events.values()
    assert (str(found.address), found.body) == ("slack:T1.D7", Said(text="what is lape?"))


@pytest.fixture
async def listening(setup: SlackSetup, inbox: FailingInbox) -> AsyncIterator[Gateway]:
    gateway: Gateway = setup.app.gateway
    task = asyncio.create_task(gateway.listen(inbox.receive))
    yield gateway
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_an_envelope_is_acknowledged_after_its_events_are_stored(
    setup: SlackSetup, listening: Gateway, inbox: FailingInbox
) -> None:
    await setup.api.push("events_api", _payload("direct"), "E1")
    await setup.api.push("slash_commands", _payload("command_in_a_channel"), "E2")
    await setup.api.wait_until(lambda: sorted(setup.api.acknowledged) == ["E1", "E2"])
    assert {found.body for found in inbox.events.values()} == {Said(text="toki"), Said(text="/quiz 3")}


async def test_an_envelope_that_could_not_be_stored_comes_again_with_the_next_connection(
    setup: SlackSetup, listening: Gateway, inbox: FailingInbox
) -> None:
    inbox.failing = 1
    await setup.api.push("events_api", _payload("direct"), "E1")
    await setup.api.wait_until(lambda: setup.api.connections == 1)
    await asyncio.wait_for(inbox.refused.wait(), 10)
    assert setup.api.acknowledged == []
    await setup.api.request_reconnect()
    await setup.api.wait_until(lambda: setup.api.acknowledged == ["E1"])
    assert setup.api.connections == 2
    assert len(inbox.events) == 1


async def test_a_malformed_envelope_is_acknowledged_and_ignored(
    setup: SlackSetup, listening: Gateway, inbox: FailingInbox
) -> None:
    await setup.api.push("events_api", event({"type": "message", "user": 5}), "E1")
    await setup.api.wait_until(lambda: setup.api.acknowledged == ["E1"])
    assert not inbox.events


async def test_the_gateway_retries_until_slack_opens_a_connection(setup: SlackSetup, inbox: FailingInbox) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    for _ in range(2):
        setup.api.refuse("apps.connections.open", "internal_error")
    gateway = SlackGateway(client=setup.app.client, channel=setup.app.channel, app_token=APP_TOKEN, sleep=sleep)
    task = asyncio.create_task(gateway.listen(inbox.receive))
    await setup.api.wait_until(lambda: setup.api.connections == 1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert waited == [1.0, 2.0]
