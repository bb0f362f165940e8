"""Several files sent at once: one call for Sona is for all of them."""

import json
from itertools import permutations
from typing import Any

import pytest

from core.channel import Request
from core.event import Event
from tests.bots.telegram.conftest import Desk

MENTION: dict[str, Any] = {
    "caption": "@SonaBot what is this?",
    "caption_entities": [{"type": "mention", "offset": 0, "length": 8}],
}
PHOTO: dict[str, Any] = {"photo": [{"file_id": "P", "file_unique_id": "u", "width": 1, "height": 1}]}
AUDIO: dict[str, Any] = {"audio": {"file_id": "A", "file_unique_id": "u", "duration": 3}}


def _part(number: int, *, chat: int = -100200, album: str = "135", **content: Any) -> Request:
    kind = "private" if chat > 0 else "supergroup"
    person = {"id": 7, "is_bot": False, "first_name": "Lan"}
    message = {"message_id": number, "date": 1700000000, "chat": {"id": chat, "type": kind}, "from": person}
    body = {"update_id": number, "message": message | {"media_group_id": album} | content}
    return Request(body=json.dumps(body).encode())


def _meant(events: list[Event]) -> set[str]:
    return {event.id.removesuffix(":album") for event in events if event.addressed}


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
async def test_in_a_group_a_mention_in_one_part_is_for_all_in_whatever_order_they_come(
    desk: Desk, order: tuple[int, ...]
) -> None:
    await desk.bot.channel.identify()
    parts = {1: _part(1, **PHOTO, **MENTION), 2: _part(2, **PHOTO), 3: _part(3, **PHOTO)}
    events: list[Event] = []
    for number in order:
        events += desk.bot.channel.parse(parts[number])
        await desk.bot.channel.acknowledge(tuple(events))
    assert _meant(events) == {"telegram:1", "telegram:2", "telegram:3"}
    assert len({event.id for event in events}) == len(events)
    again = [event.id for number in order for event in desk.bot.channel.parse(parts[number])]
    assert set(again) <= {event.id for event in events}
    await desk.bot.close()
    assert len(desk.api.made("setMessageReaction")) == 1


async def test_sounds_sent_together_belong_together_too(desk: Desk) -> None:
    await desk.bot.channel.identify()
    parts = (_part(1, **AUDIO, **MENTION), _part(2, **AUDIO))
    events = [event for part in parts for event in desk.bot.channel.parse(part)]
    assert [(event.body.kind, event.addressed) for event in events] == [
        ("said", True),
        ("spoke", True),
        ("spoke", True),
    ]


async def test_another_album_and_another_chat_stay_as_they_are(desk: Desk) -> None:
    await desk.bot.channel.identify()
    channel = desk.bot.channel
    first = channel.parse(_part(1, **PHOTO, **MENTION))
    others = [*channel.parse(_part(2, album="136", **PHOTO)), *channel.parse(_part(3, chat=-100300, **PHOTO))]
    assert _meant([*first, *others]) == {"telegram:1"}
    assert len(channel.parse(_part(4, chat=7, **PHOTO)) + channel.parse(_part(5, chat=7, **PHOTO, **MENTION))) == 2
