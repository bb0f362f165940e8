"""What people see at once when their message was taken."""

import json
from typing import Any

import pytest

from core.channel import Request
from core.event import Event
from tests.bots.telegram.conftest import Desk

VOICE: dict[str, Any] = {"voice": {"file_id": "V", "file_unique_id": "u", "duration": 3}}
PHOTO: dict[str, Any] = {"photo": [{"file_id": "P", "file_unique_id": "u", "width": 1, "height": 1}]}


def _update(number: int, chat: int = 7, **content: Any) -> Request:
    kind = "private" if chat > 0 else "supergroup"
    person = {"id": 7, "is_bot": False, "first_name": "Lan"}
    message = {"message_id": number, "date": 1700000000, "chat": {"id": chat, "type": kind}, "from": person, **content}
    return Request(body=json.dumps({"update_id": number, "message": message}).encode())


async def _taken(desk: Desk, *updates: Request) -> None:
    """Taken, told of, and everything on its way gone out."""
    for update in updates:
        events: tuple[Event, ...] = desk.bot.channel.parse(update)
        await desk.bot.channel.acknowledge(events)
        await desk.bot.channel.acknowledge(events)
    await desk.bot.close()


async def test_a_voice_note_and_a_file_are_looked_at_once_and_words_are_not(desk: Desk) -> None:
    await _taken(desk, _update(1, **VOICE), _update(2, text="toki"), _update(3, document={"file_id": "D"}))
    assert desk.api.chats[7].reactions == {1: "👀", 3: "👀"}
    assert len(desk.api.made("setMessageReaction")) == 2


async def test_of_an_album_the_first_is_looked_at(desk: Desk) -> None:
    await _taken(desk, *(_update(number, **PHOTO, media_group_id="135") for number in (1, 2, 3)), _update(4, **PHOTO))
    assert set(desk.api.chats[7].reactions) == {1, 4}


async def test_in_a_group_only_what_is_for_us_is_looked_at(desk: Desk) -> None:
    ours = {"message_id": 5, "from": {"id": 4242, "is_bot": True, "first_name": "Sona"}}
    await _taken(desk, _update(1, -100200, **VOICE), _update(2, -100200, **VOICE, reply_to_message=ours))
    assert desk.api.chats[-100200].reactions == {2: "👀"}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (400, "Bad Request: REACTION_INVALID"),
        (403, "Forbidden: bot was blocked by the user"),
        (429, "Too Many Requests: retry after 5"),
        (502, "Bad Gateway"),
    ],
)
async def test_a_look_that_fails_is_no_harm(desk: Desk, code: int, why: str) -> None:
    desk.api.refuse("setMessageReaction", code, why)
    await _taken(desk, _update(1, **VOICE))
    assert desk.api.chats[7].reactions == {}
