"""Replies on their way, over the wire."""

import pytest

from core.address import Address
from core.errors import Refused, Throttled, Unreachable
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Text, Voice
from tests.bots.telegram.conftest import GROUP, PRIVATE, Desk

A, B = Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b")
QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=(A, B))
MARK = Mark(
    quiz="q1", question="moku?", choices=(A, B), chosen="q1:b", right="q1:a", correct=False, text="It is eating."
)


async def test_words_arrive_formatted_with_the_id_of_their_message(desk: Desk) -> None:
    sent = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="**toki** <3")))
    assert desk.api.chats[7].messages[int(sent)]["text"] == "toki <3"
    assert desk.api.made("sendMessage")[0].params["text"] == "<b>toki</b> &lt;3"


async def test_a_long_answer_takes_several_messages_and_a_retry_goes_on_where_it_stopped(desk: Desk) -> None:
    reply = Text(text=f"{'a' * 4000}\n\n{'b' * 4000}")
    desk.api.refuse("sendMessage", 502, "Bad Gateway")
    with pytest.raises(Unreachable):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=reply))
    await desk.bot.channel.send(OutboundMessage(id="k0", address=PRIVATE, reply=Text(text="hello")))
    desk.api.limit(lambda: 0.0)
    with pytest.raises(Throttled):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=reply))
    desk.api.pace = None
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=reply))
    assert [text[0] for text in desk.api.chats[7].texts] == ["h", "a", "b"]


async def test_words_that_telegram_cannot_parse_arrive_plain(desk: Desk) -> None:
    desk.api.refuse(
        "sendMessage", 400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'
    )
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="**toki**")))
    assert desk.api.chats[7].texts == ["toki"]
    assert "parse_mode" not in desk.api.made("sendMessage")[1].params
    assert desk.counted == ["plain"]


async def test_a_question_is_marked_where_it_stands(desk: Desk) -> None:
    shown = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=QUIZ))
    assert await desk.bot.channel.send(OutboundMessage(id="k2", address=PRIVATE, reply=MARK), target=shown) == shown
    assert desk.api.chats[7].texts == ["moku?\n\nIt is eating."]
    assert [button["text"] for button in desk.api.chats[7].buttons(int(shown))] == ["✅ to eat", "❌ to go"]
    assert await desk.bot.channel.send(OutboundMessage(id="k3", address=PRIVATE, reply=MARK), target=shown) == shown


async def test_a_verdict_without_a_question_to_mark_comes_alone(desk: Desk) -> None:
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=MARK))
    assert desk.api.chats[7].texts == ["It is eating."]
    for target in ("999", "no number"):
        with pytest.raises(Refused) as refused:
            await desk.bot.channel.send(OutboundMessage(id="k2", address=PRIVATE, reply=MARK), target=target)
        assert not refused.value.gone


async def test_a_listening_question_is_one_voice_note_and_is_marked_there(desk: Desk) -> None:
    quiz = Quiz(id="q1", question="What?", form="listening", choices=(A, B), say="moku", audio=await desk.sound())
    shown = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=quiz))
    message = desk.api.chats[7].messages[int(shown)]
    assert (message["voice"]["duration"], message["caption"]) == (2, "What?")
    await desk.bot.channel.send(OutboundMessage(id="k2", address=PRIVATE, reply=MARK), target=shown)
    assert desk.api.chats[7].texts == ["moku?\n\nIt is eating."]


async def test_people_who_take_no_voice_notes_get_audio(desk: Desk) -> None:
    desk.api.chats[7].takes_voice = False
    sent = await desk.bot.channel.send(
        OutboundMessage(id="k1", address=PRIVATE, reply=Voice(text="moku", audio=await desk.sound()))
    )
    assert "audio" in desk.api.chats[7].messages[int(sent)]
    assert desk.counted == ["audio"]


async def test_a_voice_that_was_not_made_is_its_words_and_a_lost_one_is_refused(desk: Desk) -> None:
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Voice(text="moku")))
    assert desk.api.chats[7].texts == ["moku"]
    with pytest.raises(Refused):
        await desk.bot.channel.send(
            OutboundMessage(id="k2", address=PRIVATE, reply=Voice(text="moku", audio=Media(ref="/etc/hostname")))
        )
    assert desk.api.made("sendVoice") == []


async def test_a_picture_has_its_words_below_it_and_too_many_after_it(desk: Desk) -> None:
    media = Media(ref=await desk.shelf.put(b"\x89PNG", mime="image/png"))
    await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Picture(media=media, text="*kili*")))
    await desk.bot.channel.send(OutboundMessage(id="k2", address=PRIVATE, reply=Picture(media=media, text="x" * 2000)))
    assert desk.api.chats[7].texts == ["kili", "", "x" * 2000]


async def test_a_file_goes_out_under_its_name_with_its_words_below(desk: Desk) -> None:
    media = Media(ref=await desk.shelf.put(b"PK", mime="application/zip"), name="sona.zip")
    sent = await desk.bot.channel.send(
        OutboundMessage(id="k1", address=PRIVATE, reply=Document(media=media, text="*All* of it."))
    )
    file = desk.api.chats[7].messages[int(sent)]["document"]
    assert desk.api.files[file["file_id"]][1] == b"PK"
    assert desk.api.chats[7].texts == ["All of it."]


async def test_a_topic_is_answered_in_the_topic(desk: Desk) -> None:
    await desk.bot.channel.send(
        OutboundMessage(id="k1", address=Address("telegram", "-100200", "9"), reply=Text(text="hi"))
    )
    assert desk.api.made("sendMessage")[0].params["message_thread_id"] == "9"


@pytest.mark.parametrize(
    ("code", "description", "gone"),
    [
        (403, "Forbidden: bot was blocked by the user", True),
        (403, "Forbidden: user is deactivated", True),
        (403, "Forbidden: bot was kicked from the supergroup chat", True),
        (400, "Bad Request: chat not found", True),
        (400, "Bad Request: message thread not found", True),
        (400, "Bad Request: BUTTON_DATA_INVALID", False),
    ],
)
async def test_a_refusal_says_whether_anything_can_still_reach_them(
    desk: Desk, code: int, description: str, gone: bool
) -> None:
    desk.api.refuse("sendMessage", code, description)
    with pytest.raises(Refused) as refused:
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="hi")))
    assert refused.value.gone is gone


async def test_telegrams_pace_is_told_with_the_seconds_to_wait(desk: Desk) -> None:
    now = 0.0
    desk.api.limit(lambda: now)
    for number in range(20):
        now += 2
        await desk.bot.channel.send(OutboundMessage(id=f"k{number}", address=GROUP, reply=Text(text="hi")))
    with pytest.raises(Throttled) as throttled:
        await desk.bot.channel.send(OutboundMessage(id="k20", address=GROUP, reply=Text(text="hi")))
    now += throttled.value.retry_after
    await desk.bot.channel.send(OutboundMessage(id="k20", address=GROUP, reply=Text(text="hi")))
    assert len(desk.api.chats[-100200].messages) == 21


@pytest.mark.parametrize("code", [401, 404, 500, 502, 504])
async def test_a_telegram_that_is_broken_or_disowns_the_token_is_tried_again(desk: Desk, code: int) -> None:
    desk.api.refuse("sendMessage", code, "Oops")
    with pytest.raises(Unreachable):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="hi")))


async def test_a_telegram_that_is_away_is_unreachable(desk: Desk) -> None:
    await desk.api.__aexit__()
    with pytest.raises(Unreachable):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="hi")))


async def test_a_group_that_became_a_supergroup_is_followed_there(desk: Desk) -> None:
    desk.api.chats[-100200].moved_to = -100300
    new = desk.api.chat(-100300, "supergroup")
    sent = await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=QUIZ))
    await desk.bot.channel.send(OutboundMessage(id="k2", address=GROUP, reply=Text(text="and on")))
    assert new.texts == ["moku?", "and on"]
    assert len(desk.api.made("sendMessage")) == 3
    assert new.buttons(int(sent))[0]["text"] == "to eat"


async def test_nothing_to_say_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused):
        await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=Text(text="  ")))


async def test_a_file_is_fetched_over_the_wire_and_never_from_this_machine(desk: Desk) -> None:
    voice = desk.api.keep(b"OggS", "voice/file 0.oga")
    assert await desk.bot.channel.fetch(Media(ref=voice)) == b"OggS"
    local = desk.api.keep(b"theirs", "/etc/hostname")
    lost = desk.api.keep(b"", "voice/#lost")
    for media in (Media(ref=local), Media(ref=lost), Media(ref="unknown"), Media(ref=voice, size=20_000_001)):
        with pytest.raises(Refused):
            await desk.bot.channel.fetch(media)
    large = desk.api.keep(b"x" * 20_500_000, "documents/file_1")
    with pytest.raises(Refused, match="20 MB"):
        await desk.bot.channel.fetch(Media(ref=large))
