"""Where replies are shown: in the right thread, and to the right people."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.slack.live import SlackLiveUpdates
from core.address import Address
from core.channel import LiveTarget, Request
from core.errors import Refused
from core.event import Event, Sender, Stopped
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Quiz, Text, Voice
from tests.bots.slack.conftest import CHANNEL, DIRECT, PRIVATE, SlackSetup
from tests.fakes.slack import event

FIXTURES = Path(__file__).parent / "fixtures"
ELSEWHERE = Address("slack", "T1.C9", "@U7")
ROOT = "1700000000.000100"


def _payload(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["payload"]


def _live(setup: SlackSetup, address: Address, thread: str) -> SlackLiveUpdates:
    target = LiveTarget(address=address, sender=Sender(id="T1.U7"), locale="en", thread=thread)
    live = setup.app.channel.live(target)
    assert isinstance(live, SlackLiveUpdates)
    return live


async def _admit(setup: SlackSetup, kind: str, payload: dict[str, Any]) -> tuple[Event, ...]:
    return await setup.app.channel.admit(setup.app.channel.read(kind, payload))


@pytest.mark.parametrize(("name", "below"), [("direct", ROOT), ("direct_in_thread", "1699999999.000001")])
def test_direct_messages_are_one_conversation_in_every_thread(setup: SlackSetup, name: str, below: str) -> None:
    (found,) = setup.app.channel.parse(Request(body=json.dumps(_payload(name)).encode()))
    assert (found.address, found.reply_thread) == (DIRECT, below)


async def test_a_direct_answer_is_streamed_in_the_thread_of_its_message(
    setup: SlackSetup,
) -> None:
    live, shown = _live(setup, DIRECT, ROOT), setup.api.channels["D1"]
    await live.typing()
    assert (shown.sessions, shown.statuses) == ({ROOT: "processing"}, {ROOT: "is thinking…"})
    await live.draft("toki")
    (started,) = setup.api.calls_of("chat.startStream")
    assert started["thread_ts"] == ROOT
    for reply in (Text(text="toki!"), Voice(text="toki", audio=await setup.sound()), Text(text="mi tawa")):
        await setup.app.channel.send(OutboundMessage(id=setup.clock.id(), address=DIRECT, reply=reply, thread=ROOT))
    assert shown.texts == ["toki!", "", "mi tawa"]
    assert {message["thread_ts"] for message in shown.messages.values()} == {ROOT}
    assert shown.sessions == {ROOT: "active"}


@pytest.mark.parametrize("shows", [True, False])
@pytest.mark.parametrize("below", ["1700000000.000200", ""])
async def test_the_draft_of_an_unfinished_turn_in_another_thread_is_removed(
    setup: SlackSetup, shows: bool, below: str
) -> None:
    await _live(setup, DIRECT, ROOT).draft("toki")
    live, shown = _live(setup, DIRECT, below), setup.api.channels["D1"]
    if shows:
        await live.draft("mi")
    answer = OutboundMessage(id="1", address=DIRECT, reply=Text(text="mi tawa"), thread=below)
    await setup.app.channel.send(answer)
    assert [(message["thread_ts"], message["text"]) for message in shown.messages.values()] == [(below, "mi tawa")]
    assert set(shown.sessions.values()) == {"active"}


async def test_an_unsolicited_message_is_in_no_thread(setup: SlackSetup) -> None:
    _live(setup, DIRECT, ROOT)
    _live(setup, DIRECT, "")
    await setup.app.channel.send(
        OutboundMessage(id=setup.clock.id(), address=DIRECT, reply=Text(text="Time to review."))
    )
    (message,) = setup.api.channels["D1"].messages.values()
    assert message["thread_ts"] == ""


async def test_an_answer_goes_to_its_own_thread_whichever_process_delivers_it(setup: SlackSetup) -> None:
    for number, thread in enumerate(("1.1", "1.2", ""), 1):
        answer = OutboundMessage(id=f"{number}", address=DIRECT, reply=Text(text=f"{number}"), thread=thread)
        await setup.app.channel.send(answer)
    shown = setup.api.channels["D1"].messages.values()
    assert [message["thread_ts"] for message in shown] == ["1.1", "1.2", ""]


async def test_the_stop_button_ends_the_session_of_its_thread(setup: SlackSetup) -> None:
    await _live(setup, DIRECT, ROOT).typing()
    pressed = {"type": "agent_session_stopped", "channel": "D1", "user": "U7", "thread_ts": ROOT, "event_ts": "1.1"}
    events = await _admit(setup, "events_api", event(pressed))
    assert [(found.address, found.body) for found in events] == [(DIRECT, Stopped())]
    await setup.app.channel.acknowledge(events)
    assert setup.api.channels["D1"].sessions == {ROOT: "active"}


@pytest.mark.parametrize("member", [True, False])
async def test_a_private_answer_the_channel_cannot_show_goes_to_the_direct_conversation_with_working_buttons(
    setup: SlackSetup, member: bool
) -> None:
    if not member:
        setup.api.channel("C9").member = False
    choice = Choice(label="Quiz me", value="/quiz")
    sent = await setup.app.channel.send(
        OutboundMessage(id="1", address=ELSEWHERE, reply=Text(text="Moku is food.", choices=(choice,)))
    )
    direct = setup.api.channels["D7"]
    assert direct.texts == ["Moku is food."]
    assert setup.fallbacks == ["direct"]
    (block,) = [block for block in direct.messages[sent]["blocks"] if block["type"] == "actions"]
    payload = _payload("tap")
    payload["actions"] = [{**block["elements"][0], "block_id": block["block_id"]}]
    payload["channel"]["id"] = payload["container"]["channel_id"] = "D7"
    (tapped,) = await _admit(setup, "interactive", payload)
    assert (tapped.address, tapped.body.kind) == (ELSEWHERE, "tapped")


async def test_a_person_without_a_direct_conversation_is_gone(setup: SlackSetup) -> None:
    setup.api.refuse("conversations.open", "user_disabled")
    with pytest.raises(Refused) as refused:
        await setup.app.channel.send(OutboundMessage(id="1", address=ELSEWHERE, reply=Text(text="toki")))
    assert refused.value.gone


@pytest.mark.parametrize(("channel", "home"), [("D9", "slack:T1.D7"), ("D7", "slack:T1.D7"), ("C1", "slack:T1.C1:@U7")])
async def test_a_command_between_two_other_people_belongs_to_the_senders_conversation_with_the_bot(
    setup: SlackSetup, channel: str, home: str
) -> None:
    command = {**_payload("command_with_a_question"), "channel_id": channel}
    about = _payload("message_shortcut")
    about["channel"]["id"] = channel
    for kind, payload in (("slash_commands", command), ("interactive", about)):
        (found,) = await _admit(setup, kind, payload)
        assert str(found.address) == home
    assert len(setup.api.calls_of("conversations.open")) == (channel != "C1")


async def test_a_stop_command_in_a_channel_stops_the_senders_threads_there(setup: SlackSetup) -> None:
    other = replace(CHANNEL, thread="1699999999.000003")
    for address in (CHANNEL, other):
        await _live(setup, address, "").typing()
    await setup.app.channel.send(OutboundMessage(id="1", address=other, reply=Text(text="done")))
    command = _payload("command_to_stop")
    (thread,) = await _admit(setup, "slash_commands", command)
    assert (thread.address, thread.body, thread.group) == (CHANNEL, Stopped(), True)
    await _live(setup, PRIVATE, "").typing()
    private, also = await _admit(setup, "slash_commands", command)
    assert (private.address, also.address) == (PRIVATE, CHANNEL)
    assert private.id != also.id
    (alone,) = await _admit(setup, "slash_commands", {**command, "user_id": "U8"})
    assert str(alone.address) == "slack:T1.C1:@U8"


async def test_messages_keep_their_order_during_a_lookup_of_their_sender(setup: SlackSetup) -> None:
    held = setup.api.block_lookup = asyncio.Event()
    event_ids: list[str] = []

    async def posts(number: str, **place: str) -> None:
        said = {"type": "message", "user": "U7", "text": "toki", "ts": f"1.{number}", **place}
        for found in await _admit(setup, "events_api", event(said, f"Ev{number}")):
            event_ids.append(found.id)

    posting = [asyncio.create_task(posts("1", channel="D1"))]
    await setup.api.wait_until(lambda: setup.api.blocked_lookups == 1)
    posting.append(asyncio.create_task(posts("2", channel="D1")))
    posting.append(asyncio.create_task(posts("3", channel="C1", thread_ts="1.0")))
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(*posting)
    assert event_ids == ["slack:Ev1", "slack:Ev2", "slack:Ev3"]
    assert len(setup.api.calls_of("users.info")) == 1


@pytest.mark.parametrize("address", [CHANNEL, PRIVATE])
async def test_a_typed_answers_form_belongs_to_the_conversation_of_its_question(
    setup: SlackSetup, address: Address
) -> None:
    quiz = Quiz(id="1", question="moku?", form="typed", write="Write the answer")
    await setup.app.channel.send(OutboundMessage(id="1", address=address, reply=quiz))
    chat = setup.api.channels["C1"]
    (message,) = chat.ephemeral or chat.messages.values()
    payload = _payload("tap_on_a_private_message" if chat.ephemeral else "tap_in_a_thread")
    payload["actions"] = [{**message["blocks"][-1]["elements"][0], "block_id": "b"}]
    if not chat.ephemeral:
        payload["container"]["thread_ts"] = payload["message"]["thread_ts"] = CHANNEL.thread
    setup.api.trigger(payload["trigger_id"])
    events = await _admit(setup, "interactive", payload)
    assert events == ()
    await setup.app.channel.acknowledge(events)
    (form,) = setup.api.opened_forms
    assert (form["blocks"][0]["label"]["text"], form["submit"]["text"]) == ("Write the answer", "Send")
    submitted = _payload("form_submitted")
    submitted["view"]["private_metadata"] = form["private_metadata"]
    (found,) = await _admit(setup, "interactive", submitted)
    assert (found.address, found.addressed, found.body.kind) == (address, True, "said")


async def test_commands_in_replies_have_the_prefix_that_people_can_send(setup: SlackSetup) -> None:
    media = Media(ref=await setup.blobs.put(b"PK", mime="application/zip"), name="sona.zip")
    await setup.app.channel.send(
        OutboundMessage(
            id="1", address=DIRECT, reply=Text(text="Say `/quiz 3` or /help, not /tmp or and/stop or /quiz/.")
        )
    )
    await setup.app.channel.send(
        OutboundMessage(id="2", address=DIRECT, reply=Document(media=media, text="/stop ends it."))
    )
    assert setup.api.channels["D1"].texts == ["Say !quiz 3 or !help, not /tmp or and/stop or /quiz/.", "!stop ends it."]
