"""Replies as they appear in Slack, and the handling of refusals."""

import pytest

from bots.slack.tokens import SingleToken
from core.channel import LiveTarget
from core.errors import Refused, Throttled, Unreachable
from core.media import Media
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Text, Voice
from tests.bots.slack.conftest import CHANNEL, DIRECT, PRIVATE, THREAD, SlackSetup

A, B = Choice(label="to eat", value="q:1:0"), Choice(label="to go", value="q:1:1")
QUIZ = Quiz(id="1", question="moku?", form="choice", choices=(A, B))
MARK = Mark(quiz="1", question="moku?", choices=(A, B), chosen=A.value, right=A.value, correct=True, text="Yes.")


async def test_an_answer_goes_into_the_thread_it_was_asked_in(setup: SlackSetup) -> None:
    await setup.app.channel.send(OutboundMessage(id="1", address=CHANNEL, reply=Text(text="toki")))
    await setup.app.channel.send(OutboundMessage(id="2", address=DIRECT, reply=Text(text="moku")))
    first, second = setup.api.calls_of("chat.postMessage")
    assert (first["channel"], first["thread_ts"]) == ("C1", "1699999999.000002")
    assert (second["channel"], "thread_ts" in second) == ("D1", False)


async def test_answers_to_a_command_in_a_channel_are_ephemeral(setup: SlackSetup) -> None:
    await setup.app.channel.send(OutboundMessage(id="1", address=PRIVATE, reply=QUIZ))
    await setup.app.channel.send(OutboundMessage(id="2", address=PRIVATE, reply=MARK), target="1.1")
    question, verdict = setup.api.channels["C1"].ephemeral
    assert (question["user"], verdict["user"]) == ("U7", "U7")
    assert not setup.api.channels["C1"].messages
    with pytest.raises(Refused):
        await setup.app.channel.send(
            OutboundMessage(id="3", address=PRIVATE, reply=Voice(text="moku", audio=await setup.sound()))
        )


async def test_a_question_is_marked_in_its_own_message(setup: SlackSetup) -> None:
    target = await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=QUIZ))
    assert [button["action_id"] for button in setup.api.channels["D1"].buttons(target)] == ["choice:0", "choice:1"]
    assert await setup.app.channel.send(OutboundMessage(id="2", address=THREAD, reply=MARK), target=target) == target
    assert setup.api.channels["D1"].texts == ["moku?\n✅ to eat\n▫️ to go\nYes."]
    assert setup.api.channels["D1"].buttons(target) == []


async def test_a_verdict_on_a_deleted_question_is_a_new_message(setup: SlackSetup) -> None:
    await setup.app.channel.send(OutboundMessage(id="2", address=THREAD, reply=MARK), target="1.000009")
    assert setup.api.channels["D1"].texts == ["Yes."]
    assert setup.fallbacks == ["verdict"]


async def test_a_message_with_rejected_blocks_is_sent_as_text(setup: SlackSetup) -> None:
    setup.api.refuse("chat.postMessage", "invalid_blocks")
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Text(text="**toki**")))
    assert setup.api.channels["D1"].messages.popitem()[1]["blocks"] == []
    assert setup.fallbacks == ["plain"]


@pytest.mark.parametrize("drafted", [True, False])
async def test_a_long_answer_with_rejected_blocks_is_complete(setup: SlackSetup, drafted: bool) -> None:
    words = "Q&A " + " ".join(f"word{number}" for number in range(800))
    if drafted:
        await setup.app.channel.live(LiveTarget(address=THREAD)).draft("Q")
    setup.api.refuse("chat.update" if drafted else "chat.postMessage", "invalid_blocks")
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Text(text=words)))
    assert setup.api.channels["D1"].texts == [words]
    assert setup.fallbacks == ["plain"]


async def test_an_answer_that_escaping_makes_too_long_is_complete(setup: SlackSetup) -> None:
    words = "\n\n".join("&<" * 100 + f" {number}" for number in range(40))
    assert len(words) < setup.app.channel.capabilities.text_limit
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Text(text=words)))
    shown = "\n".join(setup.api.channels["D1"].texts)
    assert shown.split() == words.split()
    assert setup.fallbacks == []


async def test_a_table_beyond_slacks_limits_is_sent_as_text(setup: SlackSetup) -> None:
    rows = "\n".join(f"| {'moku ' * 18} | {number} |" for number in range(98))
    await setup.app.channel.send(
        OutboundMessage(id="1", address=DIRECT, reply=Text(text=f"| a | b |\n|---|---|\n{rows}"))
    )
    shown = " ".join(setup.api.channels["D1"].texts)
    assert all(f"| {number}" in shown for number in range(98))
    assert setup.fallbacks == []


async def test_a_text_too_long_for_a_caption_is_a_message(setup: SlackSetup) -> None:
    media = Media(ref=await setup.blobs.put(b"PK", mime="application/zip"), name="sona.zip")
    words = " ".join(f"word{number}" for number in range(500))
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Document(media=media, text=words)))
    said, _ = setup.api.channels["D1"].texts
    assert said.split() == words.split()


async def test_a_listening_question_waits_until_its_audio_is_shared(setup: SlackSetup) -> None:
    setup.api.pending_scans["F1"] = 3
    spoken = Quiz(id="1", question="What?", form="listening", audio=await setup.sound())
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=spoken))
    names = [name for name, _ in setup.api.calls]
    assert names.index("chat.postMessage") > max(at for at, name in enumerate(names) if name == "files.info")
    assert setup.pauses == [0.1, 0.2, 0.4]


async def test_a_picture_is_sent_once_slack_has_scanned_it(setup: SlackSetup) -> None:
    setup.api.pending_scans["F1"] = 2
    media = Media(ref=await setup.blobs.put(b"PNG", mime="image/png"), mime="image/png", name="a.png")
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Picture(media=media, text="moku")))
    assert (len(setup.api.files), setup.fallbacks) == (1, [])


async def test_waiting_for_a_file_ends_after_three_seconds(setup: SlackSetup) -> None:
    setup.api.pending_scans["F1"] = 100
    await setup.app.channel.send(
        OutboundMessage(id="1", address=THREAD, reply=Voice(text="moku", audio=await setup.sound()))
    )
    assert sum(setup.pauses) == 3


async def test_a_voice_note_is_a_file_in_the_thread(setup: SlackSetup) -> None:
    receipt = await setup.app.channel.send(
        OutboundMessage(id="1", address=THREAD, reply=Voice(text="moku", audio=await setup.sound()))
    )
    assert setup.api.files[receipt] == ("voice.ogg", b"OggS")
    (done,) = setup.api.calls_of("files.completeUploadExternal")
    assert (done["channel_id"], done["thread_ts"]) == ("D1", THREAD.thread)


async def test_a_listening_question_sends_its_audio_first(setup: SlackSetup) -> None:
    spoken = Quiz(id="1", question="What?", form="listening", audio=await setup.sound())
    receipt = await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=spoken))
    assert [("file" in message) for message in setup.api.channels["D1"].messages.values()] == [True, False]
    assert receipt in setup.api.channels["D1"].messages


async def test_a_picture_has_its_text_in_the_same_message(setup: SlackSetup) -> None:
    media = Media(ref=await setup.blobs.put(b"PNG", mime="image/png"), mime="image/png", name="a.png")
    await setup.app.channel.send(
        OutboundMessage(id="1", address=DIRECT, reply=Picture(media=media, text="<!here> **moku**"))
    )
    (message,) = setup.api.channels["D1"].messages.values()
    words, image = message["blocks"]
    assert words["text"]["text"] == "&lt;!here&gt; *moku*"
    assert (image["slack_file"], image["alt_text"]) == ({"id": "F1"}, "<!here> moku")
    assert "channel_id" not in setup.api.calls_of("files.completeUploadExternal")[0]


@pytest.mark.parametrize("mime", ["image/png", "image/heic"])
async def test_a_picture_that_slack_cannot_show_inline_is_sent_as_a_file(setup: SlackSetup, mime: str) -> None:
    setup.api.refuse("chat.postMessage", "invalid_blocks")
    media = Media(ref=await setup.blobs.put(b"PNG", mime=mime), mime=mime, name="a")
    await setup.app.channel.send(OutboundMessage(id="1", address=THREAD, reply=Picture(media=media, text="**moku**")))
    shared = setup.api.calls_of("files.completeUploadExternal")[-1]
    assert (shared["initial_comment"], shared["channel_id"], shared["thread_ts"]) == ("moku", "D1", THREAD.thread)
    assert setup.fallbacks == (["file"] if mime == "image/png" else [])


async def test_a_destructive_choice_has_a_confirmation_dialog_in_the_questions_words(setup: SlackSetup) -> None:
    choices = (
        Choice(label="Forget everything about me, for ever", value="/forget yes", destroys=True),
        Choice(label="Keep it", value="/forget no"),
    )
    sent = await setup.app.channel.send(
        OutboundMessage(id="1", address=DIRECT, reply=Text(text="Shall I **forget** you?", choices=choices))
    )
    forget, keep = setup.api.channels["D1"].buttons(sent)
    dialog = {name: shown["text"] for name, shown in forget["confirm"].items() if name != "style"}
    assert dialog == {
        "title": "Forget everything about me, for ever",
        "text": "Shall I forget you?",
        "confirm": "Forget everything about me, f…",
        "deny": "Keep it",
    }
    assert (forget["style"], forget["confirm"]["style"], "confirm" in keep) == ("danger", "danger", False)


async def test_only_answers_that_everybody_sees_can_be_rated(setup: SlackSetup) -> None:
    answer = Text(text="Moku is food.", rateable=True)
    for address in (THREAD, PRIVATE):
        await setup.app.channel.send(OutboundMessage(id=str(address), address=address, reply=answer))
    (message,) = setup.api.channels["D1"].messages.values()
    (buttons,) = message["blocks"][-1]["elements"]
    assert (message["blocks"][-1]["type"], buttons["type"]) == ("context_actions", "feedback_buttons")
    assert [block["type"] for block in setup.api.channels["C1"].ephemeral[0]["blocks"]] == ["section"]
    await setup.app.channel.send(OutboundMessage(id="3", address=DIRECT, reply=Text(text="Unit 1")))
    assert setup.api.channels["D1"].messages.popitem()[1]["blocks"][-1]["type"] == "section"


async def test_a_file_has_its_text_as_comment(setup: SlackSetup) -> None:
    media = Media(ref=await setup.blobs.put(b"PK", mime="application/zip"), name="sona.zip")
    await setup.app.channel.send(
        OutboundMessage(id="1", address=DIRECT, reply=Document(media=media, text="All of it."))
    )
    (sent,) = setup.api.calls_of("files.completeUploadExternal")
    assert sent["initial_comment"] == "All of it."
    assert "sona.zip" in str(sent["files"])


async def test_a_retry_resumes_after_the_messages_already_sent(setup: SlackSetup) -> None:
    spoken = Quiz(id="1", question="What?", form="listening", audio=await setup.sound())
    setup.api.refuse("chat.postMessage", "internal_error", status=500)
    with pytest.raises(Unreachable):
        await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=spoken))
    await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=spoken))
    assert len(setup.api.files) == 1
    assert len(setup.api.channels["D1"].messages) == 2


async def test_throttled_carries_slacks_retry_after(setup: SlackSetup) -> None:
    setup.api.limit(lambda: setup.clock.now().timestamp())
    for number in range(3):
        await setup.app.channel.send(OutboundMessage(id=str(number), address=DIRECT, reply=Text(text="toki")))
    with pytest.raises(Throttled) as wait:
        await setup.app.channel.send(OutboundMessage(id="4", address=DIRECT, reply=Text(text="toki")))
    assert wait.value.retry_after == 3
    setup.clock.pass_(3)
    await setup.app.channel.send(OutboundMessage(id="4", address=DIRECT, reply=Text(text="toki")))


@pytest.mark.parametrize(
    ("error", "status", "kind", "gone"),
    [
        ("channel_not_found", 200, Refused, True),
        ("is_archived", 200, Refused, True),
        ("not_in_channel", 200, Refused, True),
        ("msg_too_long", 200, Refused, False),
        ("missing_scope", 200, Refused, False),
        ("invalid_auth", 200, Unreachable, False),
        ("internal_error", 200, Unreachable, False),
        ("", 503, Unreachable, False),
        ("ratelimited", 429, Throttled, False),
    ],
)
async def test_every_error_is_mapped(
    setup: SlackSetup, error: str, status: int, kind: type[Exception], gone: bool
) -> None:
    setup.api.refuse("chat.postMessage", error, status=status, retry_after=2 if status == 429 else 0)
    with pytest.raises(kind) as raised:
        await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Text(text="toki")))
    assert getattr(raised.value, "gone", False) is gone


async def test_a_refused_connection_is_unreachable(setup: SlackSetup) -> None:
    await setup.api.__aexit__()
    with pytest.raises(Unreachable):
        await setup.app.channel.send(OutboundMessage(id="1", address=DIRECT, reply=Text(text="toki")))


async def test_a_file_is_fetched_with_the_token_from_slack_only(setup: SlackSetup) -> None:
    setup.api.files["F1"] = ("a.ogg", b"OggS")
    found = await setup.app.channel.fetch(Media(ref=f"T1|{setup.api.url}/files/F1"))
    assert found == b"OggS"
    for ref in (
        "T1|https://evil.example/a",
        "T1|https://slack.com.evil.example/a",
        f"T1|{setup.api.url}/files/F9",
        "x",
    ):
        with pytest.raises(Refused):
            await setup.app.channel.fetch(Media(ref=ref))


async def test_a_sign_in_page_instead_of_a_file_is_refused(setup: SlackSetup) -> None:
    setup.api.files["F1"] = ("a.ogg", b"OggS")
    setup.app.client._tokens = SingleToken("xoxb-other")  # pyright: ignore[reportPrivateUsage] - the client reads its token only here, and the test needs one that Slack rejects
    with pytest.raises(Refused):
        await setup.app.channel.fetch(Media(ref=f"T1|{setup.api.url}/files/F1"))
