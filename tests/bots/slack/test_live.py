"""Live updates: working sessions, status and drafts."""

from dataclasses import replace

import pytest

from core.channel import LiveTarget
from core.event import Sender
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.slack.conftest import CHANNEL, DIRECT, PRIVATE, THREAD, SlackSetup


async def test_an_answer_is_streamed_and_replaced_by_its_final_form(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.typing()
    assert chat.sessions[THREAD.thread] == "processing"
    await live.draft("toki")
    setup.clock.pass_(1)
    await live.draft("toki pona <!here>")
    assert chat.texts == ["toki pona <\u200b!here>"]
    assert [chunk["text"] for chunk in setup.api.calls_of("chat.appendStream")[0]["chunks"]] == [" pona <\u200b!here>"]
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text="toki pona!")))
    assert chat.texts == ["toki pona!"]
    assert chat.sessions[THREAD.thread] == "active"
    await setup.app.channel.send(OutboundMessage(id="2", address=THREAD, reply=Text(text="mi tawa")))
    assert chat.texts == ["toki pona!", "mi tawa"]


async def test_after_a_stream_has_ended_its_message_is_edited(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.draft("toki")
    next(iter(chat.messages.values()))["streaming"] = False
    setup.clock.pass_(1)
    await live.draft("toki pona")
    assert chat.texts == ["toki pona"]
    assert setup.fallbacks == ["edits"]
    setup.clock.pass_(2)
    await live.draft("toki pona li pona")
    assert chat.texts == ["toki pona li pona"]
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text="toki pona li pona.")))
    assert chat.texts == ["toki pona li pona."]


async def test_an_answer_that_outlasts_its_stream_is_complete(setup: SlackSetup) -> None:
    setup.api.limit(lambda: setup.clock.now().timestamp())
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.status("looking…")
    words = ""
    for minute in range(8):
        words += f"minute {minute} "
        await live.draft(words)
        await live.status(f"reading page {minute}…")
        setup.clock.pass_(60)
    assert chat.texts == [words.strip()]
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text=words + "done")))
    assert chat.texts == [words + "done"]
    assert setup.fallbacks == ["edits"]
    assert len(setup.api.calls_of("chat.startStream")) == 1


async def test_an_answer_replaces_a_stream_that_has_ended_early(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.typing()
    await live.draft("toki")
    next(iter(chat.messages.values()))["streaming"] = False
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text="toki pona")))
    assert chat.texts == ["toki pona"]
    assert chat.sessions == {THREAD.thread: "active"}


async def test_the_session_stays_stoppable_after_a_stream_has_ended(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.draft("toki ike")
    setup.clock.pass_(2)
    await live.draft("toki pona")
    assert chat.texts == ["toki pona"]
    assert chat.sessions == {THREAD.thread: "processing"}


@pytest.mark.parametrize("refused_by", ["chat.appendStream", "chat.stopStream"])
async def test_a_stopped_stream_gets_no_more_drafts_and_is_replaced_by_the_answer(
    setup: SlackSetup, refused_by: str
) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.draft("toki")
    setup.api.press_stop("D1", THREAD.thread)
    if refused_by == "chat.stopStream":
        setup.api.refuse(refused_by, "stopped_by_user")
    else:
        setup.clock.pass_(2)
        await live.draft("toki pona")
        setup.clock.pass_(2)
        await live.draft("toki pona li")
    assert chat.texts == ["toki"]
    assert not setup.api.calls_of("chat.update")
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text="toki –")))
    assert chat.texts == ["toki –"]
    assert chat.sessions == {THREAD.thread: "active"}


async def test_two_chunks_of_a_stream_cannot_form_a_mention(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.draft("ping <")
    setup.clock.pass_(1)
    await live.draft("ping <!here> 1 < 2")
    assert chat.texts == ["ping <\u200b!here> 1 < 2"]


async def test_at_the_rate_limit_of_streams_drafts_are_edited_and_then_skipped(
    setup: SlackSetup,
) -> None:
    chat = setup.api.channels["D1"]
    for number in range(40):
        address = replace(THREAD, thread=f"1699999999.{number:06d}")
        live = setup.app.channel.live(LiveTarget(address=address))
        await live.draft("toki")
        setup.clock.pass_(1.3)
        await live.draft("toki pona")
        await setup.app.channel.send(
            OutboundMessage(id=str(number), address=address, reply=Text(text=f"toki pona {number}"))
        )
    assert chat.texts == [f"toki pona {number}" for number in range(40)]
    assert len(setup.api.calls_of("chat.startStream")) < 20
    assert len(setup.api.calls_of("chat.update")) <= 50
    setup.clock.pass_(60)
    before = len(setup.api.calls_of("chat.startStream"))
    await setup.app.channel.live(LiveTarget(address=THREAD)).draft("toki")
    assert len(setup.api.calls_of("chat.startStream")) == before + 1


async def test_a_draft_that_does_not_continue_the_last_one_replaces_it(setup: SlackSetup) -> None:
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.draft("toki ike")
    setup.clock.pass_(1)
    await live.draft("toki pona")
    assert chat.texts == ["toki pona"]


async def test_without_streaming_a_message_is_edited(setup: SlackSetup) -> None:
    for address, channel in ((DIRECT, "D1"), (CHANNEL, "C1")):
        live, chat = setup.app.channel.live(LiveTarget(address=address)), setup.api.channels[channel]
        await live.draft("toki")
        setup.clock.pass_(1)
        await live.draft("too quick")
        setup.clock.pass_(1)
        await live.draft("toki pona")
        assert chat.texts == ["toki pona"]
        await setup.app.channel.send(OutboundMessage(id=channel, address=address, reply=Text(text="toki pona!")))
        assert chat.texts == ["toki pona!"]
    assert not setup.api.calls_of("chat.startStream")


async def test_an_app_without_the_scope_to_stream_edits_a_message(setup: SlackSetup) -> None:
    setup.api.refuse("chat.startStream", "missing_scope")
    live = setup.app.channel.live(LiveTarget(address=THREAD))
    await live.draft("toki")
    assert setup.api.channels["D1"].texts == ["toki"]
    assert setup.fallbacks == ["edits"]


def _steps(setup: SlackSetup, channel: str = "D1") -> list[tuple[str, str, str]]:
    (message,) = setup.api.channels[channel].messages.values()
    return [(chunk["id"], chunk["title"], chunk["status"]) for chunk in message["tasks"]]


async def test_a_session_has_its_topic_as_title_and_a_status_in_the_persons_language(
    setup: SlackSetup,
) -> None:
    sender = Sender(id="T1.U7")
    target = LiveTarget(address=THREAD, sender=sender, locale="es-MX", topic="¿Qué  es\nmoku?")
    live, chat = setup.app.channel.live(target), setup.api.channels["D1"]
    await live.typing()
    assert chat.statuses == {THREAD.thread: "está pensando…"}
    assert chat.titles == {THREAD.thread: "¿Qué es moku?"}
    await live.draft("toki")
    assert chat.statuses == {}
    await setup.app.channel.send(OutboundMessage(id=setup.clock.id(), address=THREAD, reply=Text(text="toki!")))
    assert chat.texts == ["toki!"]


async def test_tool_calls_are_tasks_of_the_stream(setup: SlackSetup) -> None:
    live = setup.app.channel.live(LiveTarget(address=THREAD))
    await live.status("looking…")
    assert _steps(setup) == [("step1", "looking…", "in_progress")]
    await live.status("reading…")
    await live.status("")
    await live.draft("toki")
    assert _steps(setup)[1:] == [
        ("step1", "looking…", "complete"),
        ("step2", "reading…", "in_progress"),
        ("step2", "reading…", "complete"),
    ]
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text="toki!")))
    assert setup.api.channels["D1"].texts == ["toki!"]


async def test_in_a_channels_thread_the_stream_has_the_sender_as_recipient(setup: SlackSetup) -> None:
    target = LiveTarget(address=CHANNEL, sender=Sender(id="T1.U7"), locale="en", topic="what is moku?")
    live, chat = setup.app.channel.live(target), setup.api.channels["C1"]
    await live.status("looking…")
    await live.status("")
    await live.draft("toki")
    assert not chat.titles
    (started,) = setup.api.calls_of("chat.startStream")
    assert (started["recipient_user_id"], started["recipient_team_id"]) == ("U7", "T1")
    assert _steps(setup, "C1")[-1] == ("step1", "looking…", "complete")
    assert chat.texts == ["toki"]
    await setup.app.channel.send(OutboundMessage(id="1", address=CHANNEL, reply=Text(text="toki!")))
    assert chat.texts == ["toki!"]


async def test_an_app_without_the_scope_to_stream_shows_its_status_under_the_thread(setup: SlackSetup) -> None:
    setup.api.refuse("chat.startStream", "missing_scope")
    live, chat = setup.app.channel.live(LiveTarget(address=THREAD)), setup.api.channels["D1"]
    await live.status("looking…")
    assert chat.statuses[THREAD.thread] == "looking…"
    await live.status("")
    assert chat.statuses[THREAD.thread] == ""
    assert setup.fallbacks == ["edits"]


async def test_a_private_answer_has_no_live_updates(setup: SlackSetup) -> None:
    live = setup.app.channel.live(LiveTarget(address=PRIVATE))
    await live.typing()
    await live.status("looking…")
    await live.draft("toki")
    assert setup.api.calls == []


async def test_after_a_rate_limit_drafts_pause_for_the_requested_time(setup: SlackSetup) -> None:
    setup.api.refuse("chat.postMessage", "ratelimited", status=429, retry_after=30)
    live = setup.app.channel.live(LiveTarget(address=DIRECT))
    await live.draft("toki")
    setup.clock.pass_(29)
    await live.draft("toki pona")
    assert len(setup.api.calls_of("chat.postMessage")) == 1
    setup.clock.pass_(1)
    await live.draft("toki pona li")
    assert setup.api.channels["D1"].texts == ["toki pona li"]


async def test_the_answer_ends_a_working_session(setup: SlackSetup) -> None:
    await setup.app.channel.live(LiveTarget(address=CHANNEL)).typing()
    assert setup.api.channels["C1"].sessions[CHANNEL.thread] == "processing"
    await setup.app.channel.send(OutboundMessage(id="1", address=CHANNEL, reply=Text(text="toki")))
    assert setup.api.channels["C1"].sessions[CHANNEL.thread] == "active"
