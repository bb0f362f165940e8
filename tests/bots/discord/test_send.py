"""Replies as they appear in Discord, and the handling of refusals."""

import pytest

from core.errors import Refused, Throttled, Unreachable
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Source, Text, Voice
from tests.bots.discord.conftest import HERE, DiscordSetup
from tests.fakes.discord_rules import Answer, rate_limited

A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")
QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=(A, B), progress="1/5")
MARK = Mark(
    quiz="q1", question="moku?", choices=(A, B), chosen="q1:1", right="q1:0", correct=False, text="It is eating."
)


async def test_a_retried_message_appears_once(setup: DiscordSetup) -> None:
    sent = [
        await setup.bot.channel.send(OutboundMessage(id="p1", address=HERE, reply=Text(text="toki"))) for _ in range(2)
    ]
    assert setup.api.channel().texts == ["toki"]
    assert sent[0] == sent[1]


async def test_a_retried_reply_of_several_messages_appears_once(setup: DiscordSetup) -> None:
    reply = Text(text="\n\n".join("word " * 300 for _ in range(3)))
    whole = await setup.bot.channel.send(OutboundMessage(id="p1", address=HERE, reply=reply))
    before = setup.api.channel().texts
    assert len(before) == 3
    assert await setup.bot.channel.send(OutboundMessage(id="p1", address=HERE, reply=reply)) == whole
    assert setup.api.channel().texts == before


async def test_text_of_a_model_notifies_nobody(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(
        OutboundMessage(id="p1", address=HERE, reply=Text(text="@everyone <@7> <#5> [x](https://x.y)"))
    )
    assert "<@7>" not in setup.api.channel().texts[0]


async def test_a_question_is_marked_in_its_own_message(setup: DiscordSetup) -> None:
    target = await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=QUIZ))
    assert await setup.bot.channel.send(OutboundMessage(id="m", address=HERE, reply=MARK), target=target) == target
    buttons = setup.api.channel().buttons
    assert [(button["label"], button["style"], button["disabled"]) for button in buttons] == [
        ("✅ to eat", 3, True),
        ("❌ to go", 4, True),
    ]
    assert "It is eating." in setup.api.channel().texts[0]


async def test_a_verdict_on_a_question_that_was_deleted_is_refused(setup: DiscordSetup) -> None:
    with pytest.raises(Refused) as refused:
        await setup.bot.channel.send(OutboundMessage(id="m", address=HERE, reply=MARK), target="1")
    assert not refused.value.gone


async def test_pieces_to_order_are_lettered(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(
        OutboundMessage(id="q", address=HERE, reply=Quiz(id="q", question="Order", form="ordering", choices=(A, B)))
    )
    assert "A) to eat\nB) to go" in setup.api.channel().texts[0]
    assert setup.api.channel().buttons == []


async def test_choices_that_fit_on_no_button_are_numbered(setup: DiscordSetup) -> None:
    reply = Text(text="Which?", choices=(A, Choice(label="long", value="x" * 200)))
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=reply))
    assert "1. to eat" in setup.api.channel().texts[0].replace("\\", "")
    assert setup.fallbacks == ["numbers"]


async def test_a_voice_note_has_its_length_and_waveform(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(
        OutboundMessage(id="v", address=HERE, reply=Voice(text="moku", audio=await setup.sound()))
    )
    (message,) = setup.api.channel().messages.values()
    assert message["flags"] == 1 << 13
    assert setup.api.uploads == [{"files[0]": b"OggS"}]


async def test_a_refused_voice_note_is_sent_as_a_file(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7/messages", Answer(403, "Missing Permissions", 50013))
    await setup.bot.channel.send(
        OutboundMessage(id="v", address=HERE, reply=Voice(text="moku", audio=await setup.sound()))
    )
    (message,) = setup.api.channel().messages.values()
    assert message["flags"] == 0
    assert setup.fallbacks == ["audio"]


async def test_a_listening_question_sends_its_audio_first(setup: DiscordSetup) -> None:
    quiz = Quiz(id="q", question="What did you hear?", form="listening", say="moku", audio=await setup.sound())
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=quiz))
    assert setup.api.channel().texts == ["", "What did you hear?"]


async def test_a_picture_has_its_text_in_the_same_message(setup: DiscordSetup) -> None:
    picture = Media(ref=await setup.blobs.put(b"\x89PNG", mime="image/png"), mime="image/png")
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Picture(media=picture, text="a **cat**")))
    assert setup.api.channel().texts == ["a **cat**"]
    assert setup.api.uploads == [{"files[0]": b"\x89PNG"}]


async def test_a_file_has_its_text_as_comment(setup: DiscordSetup) -> None:
    media = Media(ref=await setup.blobs.put(b"PK", mime="application/zip"), name="sona.zip")
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Document(media=media, text="All of it.")))
    assert setup.api.channel().texts == ["All of it."]
    assert setup.api.uploads == [{"files[0]": b"PK"}]


async def test_sources_are_listed_below_the_text_without_link_previews(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(
        OutboundMessage(
            id="p", address=HERE, reply=Text(text="moku", sources=(Source(title="Lipu", link="https://x.y/"),))
        )
    )
    (message,) = setup.api.channel().messages.values()
    assert message["content"].endswith("-# 1. [Lipu](<https://x.y/>)")
    assert message["flags"] == 1 << 2


async def test_a_short_wait_is_waited_out_and_a_long_one_is_raised(setup: DiscordSetup) -> None:
    setup.api.refuse("POST /channels/7", rate_limited(0.05))
    assert await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))
    setup.api.refuse("POST /channels/7", rate_limited(900.0))
    with pytest.raises(Throttled) as wait:
        await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=Text(text="toki")))
    assert wait.value.retry_after == 900.0


async def test_a_rejected_token_is_a_passing_failure(setup: DiscordSetup) -> None:
    setup.api.token = "another"
    with pytest.raises(Unreachable):
        await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))
    setup.api.token = "discord-TEST-token"
    assert await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="toki")))


async def test_a_file_is_fetched_from_discord_only(setup: DiscordSetup) -> None:
    setup.api.files["a.ogg"] = b"OggS"
    assert await setup.bot.channel.fetch(Media(ref=f"{setup.api.url}/files/a.ogg")) == b"OggS"
    for ref in ("http://localhost/x", f"{setup.api.url}/files/gone"):
        with pytest.raises(Refused):
            await setup.bot.channel.fetch(Media(ref=ref))
    with pytest.raises(Refused):
        await setup.bot.channel.fetch(Media(ref=f"{setup.api.url}/files/a.ogg", size=10**9))


async def test_audio_that_cannot_be_converted_is_sent_as_a_file(setup: DiscordSetup) -> None:
    audio = Media(ref=await setup.blobs.put(b"RIFF", mime="audio/wav"), mime="audio/wav")
    await setup.bot.channel.send(OutboundMessage(id="v", address=HERE, reply=Voice(text="moku", audio=audio)))
    assert setup.fallbacks == ["audio"]
