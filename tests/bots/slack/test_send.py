"""What reaches Slack, and what becomes of its refusals."""

import pytest

from bots.slack.tokens import OneToken
from core.errors import Refused, Throttled, Unreachable
from core.media import Media
from core.reply import Choice, Document, Mark, Picture, Quiz, Text, Voice
from tests.bots.slack.conftest import CHANNEL, DIRECT, PRIVATE, THREAD, Desk

A, B = Choice(label="to eat", value="q:1:0"), Choice(label="to go", value="q:1:1")
QUIZ = Quiz(id="1", question="moku?", form="choice", choices=(A, B))
MARK = Mark(quiz="1", question="moku?", choices=(A, B), chosen=A.value, right=A.value, correct=True, text="Yes.")


async def test_an_answer_goes_into_the_thread_it_was_asked_in(desk: Desk) -> None:
    await desk.app.channel.send(CHANNEL, Text(text="toki"), key="1")
    await desk.app.channel.send(DIRECT, Text(text="moku"), key="2")
    first, second = desk.api.made("chat.postMessage")
    assert (first["channel"], first["thread_ts"]) == ("C1", "1699999999.000002")
    assert (second["channel"], "thread_ts" in second) == ("D1", False)


async def test_what_was_asked_by_a_command_in_a_channel_only_the_asker_sees(desk: Desk) -> None:
    await desk.app.channel.send(PRIVATE, QUIZ, key="1")
    await desk.app.channel.send(PRIVATE, MARK, key="2", target="1.1")
    asked, verdict = desk.api.channels["C1"].private
    assert (asked["user"], verdict["user"]) == ("U7", "U7")
    assert not desk.api.channels["C1"].messages
    with pytest.raises(Refused):
        await desk.app.channel.send(PRIVATE, Voice(text="moku", audio=await desk.sound()), key="3")


async def test_a_question_is_marked_where_it_stands(desk: Desk) -> None:
    target = await desk.app.channel.send(THREAD, QUIZ, key="1")
    assert [button["action_id"] for button in desk.api.channels["D1"].buttons(target)] == ["choice:0", "choice:1"]
    assert await desk.app.channel.send(THREAD, MARK, key="2", target=target) == target
    assert desk.api.channels["D1"].texts == ["moku?\n✅ to eat\n▫️ to go\nYes."]
    assert desk.api.channels["D1"].buttons(target) == []


async def test_a_verdict_on_a_question_that_is_gone_is_said_alone(desk: Desk) -> None:
    await desk.app.channel.send(THREAD, MARK, key="2", target="1.000009")
    assert desk.api.channels["D1"].texts == ["Yes."]
    assert desk.counted == ["verdict"]


async def test_blocks_that_are_refused_leave_the_words(desk: Desk) -> None:
    desk.api.refuse("chat.postMessage", "invalid_blocks")
    await desk.app.channel.send(DIRECT, Text(text="**toki**"), key="1")
    assert desk.api.channels["D1"].messages.popitem()[1]["blocks"] == []
    assert desk.counted == ["plain"]


@pytest.mark.parametrize("drafted", [True, False])
async def test_not_a_word_of_a_long_answer_is_lost_where_its_blocks_are_refused(desk: Desk, drafted: bool) -> None:
    words = "Q&A " + " ".join(f"word{number}" for number in range(800))
    if drafted:
        await desk.app.channel.live(THREAD).draft("Q")
    desk.api.refuse("chat.update" if drafted else "chat.postMessage", "invalid_blocks")
    await desk.app.channel.send(THREAD, Text(text=words), key="1")
    assert desk.api.channels["D1"].texts == [words]
    assert desk.counted == ["plain"]


async def test_an_answer_that_fills_its_limit_twice_when_escaped_is_whole(desk: Desk) -> None:
    words = "\n\n".join("&<" * 100 + f" {number}" for number in range(40))
    assert len(words) < desk.app.channel.capabilities.text_limit
    await desk.app.channel.send(DIRECT, Text(text=words), key="1")
    shown = "\n".join(desk.api.channels["D1"].texts)
    assert shown.split() == words.split()
    assert desk.counted == []


async def test_a_table_of_more_than_slack_shows_is_shown_as_text(desk: Desk) -> None:
    rows = "\n".join(f"| {'moku ' * 18} | {number} |" for number in range(98))
    await desk.app.channel.send(DIRECT, Text(text=f"| a | b |\n|---|---|\n{rows}"), key="1")
    shown = " ".join(desk.api.channels["D1"].texts)
    assert all(f"| {number}" in shown for number in range(98))
    assert desk.counted == []


async def test_words_too_long_for_a_caption_are_a_message(desk: Desk) -> None:
    media = Media(ref=await desk.shelf.put(b"PK", mime="application/zip"), name="sona.zip")
    words = " ".join(f"word{number}" for number in range(500))
    await desk.app.channel.send(DIRECT, Document(media=media, text=words), key="1")
    said, _ = desk.api.channels["D1"].texts
    assert said.split() == words.split()


async def test_a_listening_question_waits_until_its_sound_is_shown(desk: Desk) -> None:
    desk.api.slow["F1"] = 3
    spoken = Quiz(id="1", question="What?", form="listening", audio=await desk.sound())
    await desk.app.channel.send(DIRECT, spoken, key="1")
    names = [name for name, _ in desk.api.calls]
    assert names.index("chat.postMessage") > max(at for at, name in enumerate(names) if name == "files.info")
    assert desk.paused == [0.1, 0.2, 0.4]


async def test_a_picture_is_shown_once_slack_has_looked_through_it(desk: Desk) -> None:
    desk.api.slow["F1"] = 2
    media = Media(ref=await desk.shelf.put(b"PNG", mime="image/png"), mime="image/png", name="a.png")
    await desk.app.channel.send(DIRECT, Picture(media=media, text="moku"), key="1")
    assert (len(desk.api.files), desk.counted) == (1, [])


async def test_a_file_that_slack_never_shows_holds_up_nobody_for_long(desk: Desk) -> None:
    desk.api.slow["F1"] = 100
    await desk.app.channel.send(THREAD, Voice(text="moku", audio=await desk.sound()), key="1")
    assert sum(desk.paused) == 3


async def test_a_voice_note_is_a_file_in_the_thread(desk: Desk) -> None:
    receipt = await desk.app.channel.send(THREAD, Voice(text="moku", audio=await desk.sound()), key="1")
    assert desk.api.files[receipt] == ("voice.ogg", b"OggS")
    (done,) = desk.api.made("files.completeUploadExternal")
    assert (done["channel_id"], done["thread_ts"]) == ("D1", THREAD.thread)


async def test_a_listening_question_is_heard_before_it_is_asked(desk: Desk) -> None:
    spoken = Quiz(id="1", question="What?", form="listening", audio=await desk.sound())
    receipt = await desk.app.channel.send(DIRECT, spoken, key="1")
    assert [("file" in message) for message in desk.api.channels["D1"].messages.values()] == [True, False]
    assert receipt in desk.api.channels["D1"].messages


async def test_a_picture_has_its_words_beside_it(desk: Desk) -> None:
    media = Media(ref=await desk.shelf.put(b"PNG", mime="image/png"), mime="image/png", name="a.png")
    await desk.app.channel.send(DIRECT, Picture(media=media, text="<!here> **moku**"), key="1")
    (message,) = desk.api.channels["D1"].messages.values()
    words, image = message["blocks"]
    assert words["text"]["text"] == "&lt;!here&gt; *moku*"
    assert (image["slack_file"], image["alt_text"]) == ({"id": "F1"}, "<!here> moku")
    assert "channel_id" not in desk.api.made("files.completeUploadExternal")[0]


@pytest.mark.parametrize("mime", ["image/png", "image/heic"])
async def test_a_picture_that_slack_does_not_show_in_a_message_is_a_file(desk: Desk, mime: str) -> None:
    desk.api.refuse("chat.postMessage", "invalid_blocks")
    media = Media(ref=await desk.shelf.put(b"PNG", mime=mime), mime=mime, name="a")
    await desk.app.channel.send(THREAD, Picture(media=media, text="**moku**"), key="1")
    shared = desk.api.made("files.completeUploadExternal")[-1]
    assert (shared["initial_comment"], shared["channel_id"], shared["thread_ts"]) == ("moku", "D1", THREAD.thread)
    assert desk.counted == (["file"] if mime == "image/png" else [])


async def test_what_destroys_is_asked_again_in_the_words_of_the_question(desk: Desk) -> None:
    choices = (
        Choice(label="Forget everything about me, for ever", value="/forget yes", destroys=True),
        Choice(label="Keep it", value="/forget no"),
    )
    sent = await desk.app.channel.send(DIRECT, Text(text="Shall I **forget** you?", choices=choices), key="1")
    forget, keep = desk.api.channels["D1"].buttons(sent)
    dialog = {name: shown["text"] for name, shown in forget["confirm"].items() if name != "style"}
    assert dialog == {
        "title": "Forget everything about me, for ever",
        "text": "Shall I forget you?",
        "confirm": "Forget everything about me, f…",
        "deny": "Keep it",
    }
    assert (forget["style"], forget["confirm"]["style"], "confirm" in keep) == ("danger", "danger", False)


async def test_an_answer_can_be_rated_where_all_can_see_it(desk: Desk) -> None:
    answer = Text(text="Moku is food.", rateable=True)
    for address in (THREAD, PRIVATE):
        await desk.app.channel.send(address, answer, key=str(address))
    (message,) = desk.api.channels["D1"].messages.values()
    (buttons,) = message["blocks"][-1]["elements"]
    assert (message["blocks"][-1]["type"], buttons["type"]) == ("context_actions", "feedback_buttons")
    assert [block["type"] for block in desk.api.channels["C1"].private[0]["blocks"]] == ["section"]
    await desk.app.channel.send(DIRECT, Text(text="Unit 1"), key="3")
    assert desk.api.channels["D1"].messages.popitem()[1]["blocks"][-1]["type"] == "section"


async def test_a_file_has_its_words_beside_it(desk: Desk) -> None:
    media = Media(ref=await desk.shelf.put(b"PK", mime="application/zip"), name="sona.zip")
    await desk.app.channel.send(DIRECT, Document(media=media, text="All of it."), key="1")
    (sent,) = desk.api.made("files.completeUploadExternal")
    assert sent["initial_comment"] == "All of it."
    assert "sona.zip" in str(sent["files"])


async def test_a_try_after_a_failure_goes_on_where_it_stopped(desk: Desk) -> None:
    spoken = Quiz(id="1", question="What?", form="listening", audio=await desk.sound())
    desk.api.refuse("chat.postMessage", "internal_error", status=500)
    with pytest.raises(Unreachable):
        await desk.app.channel.send(DIRECT, spoken, key="1")
    await desk.app.channel.send(DIRECT, spoken, key="1")
    assert len(desk.api.files) == 1
    assert len(desk.api.channels["D1"].messages) == 2


async def test_slack_says_how_long_to_wait(desk: Desk) -> None:
    desk.api.limit(lambda: desk.clock.now().timestamp())
    for number in range(3):
        await desk.app.channel.send(DIRECT, Text(text="toki"), key=str(number))
    with pytest.raises(Throttled) as wait:
        await desk.app.channel.send(DIRECT, Text(text="toki"), key="4")
    assert wait.value.retry_after == 3
    desk.clock.pass_(3)
    await desk.app.channel.send(DIRECT, Text(text="toki"), key="4")


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
async def test_every_refusal_has_its_meaning(
    desk: Desk, error: str, status: int, kind: type[Exception], gone: bool
) -> None:
    desk.api.refuse("chat.postMessage", error, status=status, retry_after=2 if status == 429 else 0)
    with pytest.raises(kind) as raised:
        await desk.app.channel.send(DIRECT, Text(text="toki"), key="1")
    assert getattr(raised.value, "gone", False) is gone


async def test_nobody_at_home_is_unreachable(desk: Desk) -> None:
    await desk.api.__aexit__()
    with pytest.raises(Unreachable):
        await desk.app.channel.send(DIRECT, Text(text="toki"), key="1")


async def test_a_file_is_fetched_with_the_token_from_slack_alone(desk: Desk) -> None:
    desk.api.files["F1"] = ("a.ogg", b"OggS")
    found = await desk.app.channel.fetch(Media(ref=f"T1|{desk.api.url}/files/F1"))
    assert found == b"OggS"
    for ref in ("T1|https://evil.example/a", "T1|https://slack.com.evil.example/a", f"T1|{desk.api.url}/files/F9", "x"):
        with pytest.raises(Refused):
            await desk.app.channel.fetch(Media(ref=ref))


async def test_a_page_to_sign_in_is_no_file(desk: Desk) -> None:
    desk.api.files["F1"] = ("a.ogg", b"OggS")
    desk.app.client._tokens = OneToken("xoxb-other")  # pyright: ignore[reportPrivateUsage] - the token is given once, and here it has been revoked since
    with pytest.raises(Refused):
        await desk.app.channel.fetch(Media(ref=f"T1|{desk.api.url}/files/F1"))
