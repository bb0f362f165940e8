"""The fake Bot API is as strict as the real one."""

import json

import aiohttp
import pytest

from tests.bots.telegram.conftest import Desk
from tests.fakes.telegram import TOKEN


async def _ask(desk: Desk, method: str, token: str = TOKEN, **params: str) -> tuple[int, str]:
    url = f"{desk.api.url}/bot{token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, data=params) as answer:
        body = await answer.json()
        assert body["ok"] is answer.ok
        return answer.status, body.get("description", "")


def _button(data: str) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "a", "callback_data": data}]]})


async def test_a_wrong_token_and_an_unknown_method_are_told_apart(desk: Desk) -> None:
    assert await _ask(desk, "getMe", token="1:x") == (401, "Unauthorized")
    for method in ("danceWithMe", "_send", "keep", "__init__"):
        assert await _ask(desk, method) == (404, "Not Found")


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("é<x>y</x>", 'Unsupported start tag "x" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
    ],
)
async def test_html_that_is_not_well_formed_is_refused_in_the_real_words(desk: Desk, html: str, why: str) -> None:
    answer = await _ask(desk, "sendMessage", chat_id="7", text=html, parse_mode="HTML")
    assert answer == (400, f"Bad Request: can't parse entities: {why}")
    assert await _ask(desk, "sendMessage", chat_id="7", text=html) == (200, "")


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": " "}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "chat_id": "8"}, "chat not found"),
        ({"text": "x", "reply_markup": _button("x" * 65)}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": _button("")}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
    ],
)
async def test_a_message_over_a_limit_is_refused(desk: Desk, params: dict[str, str], why: str) -> None:
    assert await _ask(desk, "sendMessage", **{"chat_id": "7", **params}) == (400, f"Bad Request: {why}")


async def test_captions_files_drafts_and_callbacks_have_their_rules(desk: Desk) -> None:
    voice = desk.api.keep(b"OggS", "voice/0")
    long = await _ask(desk, "sendVoice", chat_id="7", voice=voice, caption="x" * 1025)
    assert long == (400, "Bad Request: message caption is too long")
    unknown = await _ask(desk, "sendVoice", chat_id="7", voice="nothing")
    assert unknown == (400, "Bad Request: wrong file identifier/HTTP URL specified")
    group = await _ask(desk, "sendMessageDraft", chat_id="-100200", draft_id="1", text="x")
    assert group == (400, "Bad Request: TEXTDRAFT_PEER_INVALID")
    assert (await _ask(desk, "sendMessageDraft", chat_id="7", draft_id="0", text="x"))[0] == 400
    desk.api.callbacks["c1"] = False
    assert (await _ask(desk, "answerCallbackQuery", callback_query_id="c1"))[0] == 200
    assert (await _ask(desk, "answerCallbackQuery", callback_query_id="c1"))[0] == 400


_POLL = {
    "chat_id": "7",
    "question": "moku?",
    "options": json.dumps([{"text": "to eat"}, {"text": "to go"}]),
    "type": "quiz",
    "correct_option_ids": "[0]",
}


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"question": "x" * 301}, "poll question length must not exceed 300"),
        ({"question": " "}, "poll question must be non-empty"),
        ({"options": json.dumps([{"text": "one"}])}, "poll must have at least 2 option"),
        ({"options": json.dumps([{"text": str(n)} for n in range(13)])}, "poll can't have more than 12 options"),
        ({"options": json.dumps([{"text": "x" * 101}, {"text": "y"}])}, "poll options length must not exceed 100"),
        ({"correct_option_ids": "[2]"}, "wrong correct option ID specified"),
        ({"explanation": "x" * 201}, "explanation is too long"),
        ({"explanation": "a\nb\nc\nd"}, "explanation is too long"),
    ],
)
async def test_a_poll_over_a_limit_is_refused(desk: Desk, params: dict[str, str], why: str) -> None:
    assert await _ask(desk, "sendPoll", **(_POLL | params)) == (400, f"Bad Request: {why}")


async def test_votes_are_told_of_only_where_a_poll_is_not_anonymous_and_a_poll_ends_once(desk: Desk) -> None:
    for anonymous, told in (("true", 0), ("false", 1)):
        assert (await _ask(desk, "sendPoll", **_POLL, is_anonymous=anonymous))[0] == 200
        number = max(desk.api.chats[7].messages)
        await desk.api.votes("to go", number)
        assert len(desk.api.waiting) == told
        assert await _ask(desk, "stopPoll", chat_id="7", message_id=str(number)) == (200, "")
        again = await _ask(desk, "stopPoll", chat_id="7", message_id=str(number))
        assert again == (400, "Bad Request: poll has already been closed")


async def test_a_reaction_is_one_of_telegrams_own(desk: Desk) -> None:
    for emoji, code in (("👀", 200), ("🧠", 400)):
        reaction = json.dumps([{"type": "emoji", "emoji": emoji}])
        assert (await _ask(desk, "setMessageReaction", chat_id="7", message_id="1", reaction=reaction))[0] == code


async def test_an_edit_has_to_change_something_that_is_there(desk: Desk) -> None:
    await _ask(desk, "sendMessage", chat_id="7", text="x")
    (number,) = desk.api.chats[7].messages
    for message, text, why in ((number, "x", "message is not modified"), (1, "y", "message to edit not found")):
        answer = await _ask(desk, "editMessageText", chat_id="7", message_id=str(message), text=text)
        assert answer[0] == 400
        assert why in answer[1]
    caption = await _ask(desk, "editMessageCaption", chat_id="7", message_id=str(number), caption="y")
    assert caption == (400, "Bad Request: there is no caption in the message to edit")


async def test_polling_and_a_webhook_exclude_each_other(desk: Desk) -> None:
    assert (await _ask(desk, "setWebhook", url="https://x.y/telegram", secret_token="s"))[0] == 200
    code, why = await _ask(desk, "getUpdates")
    assert code == 409
    assert "webhook is active" in why
    assert (await _ask(desk, "setWebhook", url="https://x.y/", secret_token="no spaces"))[0] == 400
