"""Signs of life, over the wire."""

import asyncio
from collections.abc import Callable

import pytest

from bots.telegram.draft_pacing import MOST
from core.address import Address
from core.channel import LiveTarget
from core.errors import Unreachable
from core.event import Stopped
from core.outbound import OutboundMessage
from core.rate_limit import lanes
from core.reply import Choice, Text, Voice
from tests.bots.telegram.conftest import GROUP, PRIVATE, Desk


async def test_a_private_answer_is_drafted_and_only_the_answer_stays(desk: Desk) -> None:
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    await live.draft("**toki**")
    assert desk.api.chats[7].draft == "toki"
    desk.clock.pass_(1)
    await live.draft("**toki** jan")
    assert desk.api.chats[7].draft == "toki jan"
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="toki jan pona")))
    assert (desk.api.chats[7].texts, desk.api.chats[7].draft) == (["toki jan pona"], "")
    assert len({call.params["draft_id"] for call in desk.api.made("sendMessageDraft")}) == 1


@pytest.mark.parametrize("chat", ["7", "-100200"])
async def test_in_a_topic_everything_stays_in_the_topic(desk: Desk, chat: str) -> None:
    topic = Address("telegram", chat, "12")
    live = desk.bot.channel.live(LiveTarget(address=topic))
    await live.typing()
    await live.draft("half")
    choice = Choice(label="to eat", value="q1:a")
    await desk.bot.channel.send(OutboundMessage(id="k1", address=topic, reply=Text(text="whole", choices=(choice,))))
    await desk.bot.channel.send(
        OutboundMessage(id="k2", address=topic, reply=Voice(text="moku", audio=await desk.sound()))
    )
    await desk.bot.close()
    methods = {call.method for call in desk.api.calls} - {"editmessagetext"}
    assert {"sendchataction", "sendvoice", "sendmessage"} <= methods
    told = [call.text("message_thread_id") for call in desk.api.calls if call.method in methods]
    assert set(told) == {"12"}
    assert desk.api.chats[int(chat)].texts == ["whole", ""]


async def test_where_drafts_are_not_taken_a_message_is_edited_into_the_answer(desk: Desk) -> None:
    desk.api.chats[7].drafts = False
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    await live.draft("toki")
    desk.clock.pass_(1)
    await live.draft("toki jan")
    assert desk.api.chats[7].texts == ["toki jan"]
    sent = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="toki jan pona")))
    assert desk.api.chats[7].texts == ["toki jan pona"]
    assert int(sent) in desk.api.chats[7].messages
    assert desk.counted == ["edits"]
    await desk.bot.channel.send(OutboundMessage(id="k2", address=PRIVATE, reply=Text(text="another")))
    assert desk.api.chats[7].texts == ["toki jan pona", "another"]


async def test_a_long_answer_begins_where_its_draft_stood(desk: Desk) -> None:
    await desk.bot.channel.live(LiveTarget(address=GROUP)).draft("aaa")
    await desk.bot.channel.send(
        OutboundMessage(id="k1", address=GROUP, reply=Text(text=f"{'a' * 4000}\n\n{'b' * 4000}"))
    )
    assert [text[0] for text in desk.api.chats[-100200].texts] == ["a", "b"]


async def test_a_draft_that_no_words_follow_is_taken_away(desk: Desk) -> None:
    await desk.bot.channel.live(LiveTarget(address=GROUP)).draft("half")
    await desk.bot.channel.send(
        OutboundMessage(id="k1", address=GROUP, reply=Voice(text="moku", audio=await desk.sound()))
    )
    assert desk.api.chats[-100200].texts == [""]


async def test_a_draft_that_someone_deleted_does_not_stop_the_answer(desk: Desk) -> None:
    await desk.bot.channel.live(LiveTarget(address=GROUP)).draft("half")
    desk.api.chats[-100200].messages.clear()
    await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=Text(text="whole")))
    assert desk.api.chats[-100200].texts == ["whole"]


async def test_an_answer_waits_for_a_draft_that_is_on_its_way(desk: Desk) -> None:
    drawing = asyncio.create_task(desk.bot.channel.live(LiveTarget(address=GROUP)).draft("half"))
    await asyncio.sleep(0)
    drawing.cancel()
    await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=Text(text="whole")))
    assert len(desk.api.made("editMessageText")) == 1
    assert desk.api.chats[-100200].texts == ["whole"]


async def test_a_throttled_answer_keeps_its_draft_for_the_next_try(desk: Desk) -> None:
    await desk.bot.channel.live(LiveTarget(address=GROUP)).draft("half")
    desk.api.refuse("editMessageText", 502, "Bad Gateway")
    with pytest.raises(Unreachable):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=Text(text="whole")))
    await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=Text(text="whole")))
    assert desk.api.chats[-100200].texts == ["whole"]


def _seconds(desk: Desk) -> Callable[[], float]:
    return lambda: desk.clock.now().timestamp()


async def test_a_draft_without_new_words_is_drawn_again_before_it_vanishes(desk: Desk) -> None:
    desk.api.limit(_seconds(desk))
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    await live.status("looking for videos…")
    for tick in range(25):
        desk.clock.pass_(4)
        if tick == 3:
            desk.api.refuse("sendMessageDraft", 502, "Bad Gateway")
        assert desk.api.chats[7].draft == "looking for videos…"
        await live.typing()
    assert len(desk.api.made("sendMessageDraft")) <= 9


async def test_what_came_too_fast_to_be_drawn_is_drawn_with_the_next_typing(desk: Desk) -> None:
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    await live.draft("toki")
    await live.draft("toki pona")
    assert desk.api.chats[7].draft == "toki"
    desk.clock.pass_(4)
    await live.typing()
    assert desk.api.chats[7].draft == "toki pona"


async def test_a_group_that_watched_two_answers_grow_gets_them_whole_and_at_once(desk: Desk) -> None:
    desk.api.limit(_seconds(desk))
    for key in ("k1", "k2"):
        live = desk.bot.channel.live(LiveTarget(address=GROUP))
        for second in range(60):
            await live.draft(f"word {second}")
            desk.clock.pass_(1)
        drawn = len(desk.api.calls)
        assert 5 <= drawn <= 9
        for part in range(11):
            await desk.bot.channel.send(
                OutboundMessage(id=f"{key}/{part}", address=GROUP, reply=Text(text=f"part {part}"))
            )
        assert desk.api.chats[-100200].texts[-11:] == [f"part {part}" for part in range(11)]
        desk.api.calls.clear()
        desk.clock.pass_(60)


async def test_many_short_answers_in_a_group_leave_room_for_each_other(desk: Desk) -> None:
    desk.api.limit(_seconds(desk))
    for number in range(12):
        live = desk.bot.channel.live(LiveTarget(address=GROUP))
        for _ in range(5):
            await live.draft(f"answer {number}")
            desk.clock.pass_(1)
        await desk.bot.channel.send(
            OutboundMessage(id=f"k{number}", address=GROUP, reply=Text(text=f"answer {number}!"))
        )
    assert desk.api.chats[-100200].texts == [f"answer {number}!" for number in range(12)]


async def test_of_a_groups_limit_answers_take_what_drawing_leaves(desk: Desk) -> None:
    own, _ = lanes(desk.bot.channel, GROUP)
    assert own.rate.limit + MOST == 20


async def test_drafts_come_about_once_a_second_and_in_groups_less_often(desk: Desk) -> None:
    for address, expected in ((PRIVATE, 5), (GROUP, 2)):
        before = len(desk.api.calls)
        live = desk.bot.channel.live(LiveTarget(address=address))
        for tenth in range(50):
            await live.draft(f"word {tenth}")
            desk.clock.pass_(0.1)
        assert expected <= len(desk.api.calls) - before <= expected + 1


@pytest.mark.parametrize("thread", ["", "12"])
async def test_the_button_at_a_draft_stops_what_is_written_there_and_leaves_it_in_sight(
    desk: Desk, thread: str
) -> None:
    here = Address("telegram", "7", thread)
    await desk.bot.channel.live(LiveTarget(address=here)).draft("toki")
    await desk.api.stops()
    (event,) = desk.bot.channel.read(desk.api.waiting[-1])
    assert (event.body, event.address, event.sender.id, event.addressed) == (Stopped(), here, "7", True)
    assert desk.api.chats[7].draft == "toki"


async def test_what_is_being_done_is_shown_below_the_words(desk: Desk) -> None:
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    await live.draft("toki")
    await live.status("looking for videos…")
    assert desk.api.chats[7].draft == "toki\n\nlooking for videos…"
    desk.clock.pass_(1)
    await live.status("")
    assert desk.api.chats[7].draft == "toki"


async def test_typing_is_shown_at_most_every_four_and_a_half_seconds(desk: Desk) -> None:
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    for _ in range(10):
        await live.typing()
        desk.clock.pass_(1)
    await desk.bot.close()
    assert desk.api.chats[7].actions == ["typing"] * 2


async def test_signs_of_life_never_raise_and_obey_a_request_to_wait(desk: Desk) -> None:
    live = desk.bot.channel.live(LiveTarget(address=PRIVATE))
    desk.api.refuse("sendMessageDraft", 429, "Too Many Requests: retry after 9", retry_after=9)
    await live.draft("a")
    desk.clock.pass_(8)
    await live.draft("b")
    assert len(desk.api.calls) == 1
    desk.clock.pass_(2)
    await live.draft("c")
    assert desk.api.chats[7].draft == "c"
    desk.api.chats[7].refusal = "bot was blocked by the user"
    desk.clock.pass_(2)
    await live.draft("d")
    desk.clock.pass_(1000)
    await live.draft("e")
    assert len(desk.api.calls) == 3
    await desk.api.__aexit__()
    await desk.bot.channel.live(LiveTarget(address=PRIVATE)).draft("f")
