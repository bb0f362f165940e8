"""What is read out of updates: one recorded payload for each odd case, and anything else."""

import contextlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram import callback
from bots.telegram.parse import KINDS, TelegramParser
from bots.telegram.quotation import LONGEST
from bots.telegram.wording import TelegramBot
from core.address import Address
from core.errors import Malformed
from core.event import Event, Said

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
KEY = b"key of buttons"
_RARE = ("judged", "edited", "album")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
READER = TelegramParser(bot=TelegramBot(id=4242, username="SonaBot"), key=KEY)


def _signed(update: dict[str, Any]) -> dict[str, Any]:
    """A fixture's `SIGNED:<address>:<choice>` as the button would carry it."""
    data = update.get("callback_query", {}).get("data", "")
    if data.startswith("SIGNED:"):
        address, _, choice = data.removeprefix("SIGNED:").rpartition(":")
        update["callback_query"]["data"] = callback.encode(choice, Address.parse(address), KEY)
    return update


def _plain(event: Event) -> dict[str, Any]:
    body = {name: value for name, value in asdict(event.body).items() if value or name not in _RARE}
    if event.body.kind == "spoke":
        body = {"kind": body["kind"], "audio": body["audio"]}
    return {
        "id": event.id,
        "address": str(event.address),
        "sender": event.sender.id,
        "addressed": event.addressed,
        "group": event.group,
        "body": body,
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_an_update_is_read_as_recorded(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    body = json.dumps(_signed(recorded["update"])).encode()
    reading = READER.body(body, NOW)
    assert [_plain(event) for event in reading.events] == recorded["events"]
    assert reading.callback == recorded.get("callback", "")


def _text(**more: Any) -> dict[str, Any]:
    message = {"message_id": 1, "date": 1700000000, "chat": {"id": 7, "type": "private"}, "text": "hi", **more}
    return {"update_id": 1, "message": {"from": {"id": 7, "is_bot": False, "first_name": "Lan"}, **message}}


def test_who_speaks_and_when_is_known() -> None:
    person = {"id": 7, "is_bot": False, "first_name": "Lan", "last_name": "Nguyễn", "language_code": "vi"}
    (event,) = READER.update(_text(**{"from": person}), NOW).events
    assert (event.sender.name, event.sender.locale) == ("Lan Nguyễn", "vi")
    assert event.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_before_its_name_is_known_the_bot_does_not_answer_mentions() -> None:
    update = _text(
        chat={"id": -1, "type": "group"},
        text="@SonaBot hi",
        entities=[{"type": "mention", "offset": 0, "length": 8}],
    )
    (event,) = TelegramParser(bot=TelegramBot(id=4242), key=KEY).update(update, NOW).events
    assert not event.addressed


def test_a_quotation_is_bounded() -> None:
    quoted = {"message_id": 1, "from": {"id": 8, "is_bot": False}, "text": "x" * 4096}
    (event,) = READER.update(_text(reply_to_message=quoted), NOW).events
    assert event.body == Said(text=f"> {'x' * (LONGEST - 1)}…\n\nhi")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 1, "message": []}',
        b'{"update_id": 1, "message": {"chat": 7}}',
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_update_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        READER.body(body, NOW)


@pytest.mark.parametrize(
    "more",
    [
        {"date": 10**17},
        {"date": "today"},
        {"text": 7},
        {"chat": {"type": "private"}},
        {"from": {"is_bot": False}},
        {"entities": 5},
        {"entities": [{"type": "mention"}]},
        {"voice": {"duration": 3}},
        {"photo": [{"width": 1}]},
        {"is_topic_message": True},
    ],
)
def test_a_message_of_the_wrong_shape_is_malformed(more: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        READER.update(_text(**more), NOW)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(
    [
        "from",
        "chat",
        "date",
        "text",
        "caption",
        "entities",
        "voice",
        "photo",
        "document",
        "reply_to_message",
        "quote",
        "is_manual",
        "id",
        "type",
        "message_id",
        "message_thread_id",
        "is_topic_message",
        "data",
        "message",
        "new_chat_member",
        "status",
        "is_bot",
        "sticker",
        "dice",
        "venue",
        "poll",
        "via_bot",
        "media_group_id",
        "user",
        "option_ids",
        "poll_id",
    ]
)
_shaped = st.recursive(
    _json, lambda inner: st.dictionaries(_names, inner, max_size=6) | st.lists(inner, max_size=2), max_leaves=12
)


@given(st.sampled_from([*KINDS, "other"]), _shaped)
def test_no_json_raises_anything_but_malformed(kind: str, content: object) -> None:
    for update in (content, {"update_id": 1, kind: content}, _mixed(kind, content)):
        with contextlib.suppress(Malformed):
            READER.update(update, NOW)


def _mixed(kind: str, content: object) -> dict[str, Any]:
    """A proper update with something else in places."""
    whole = _text()["message"] | {"message": _text()["message"], "id": "c"}
    return {"update_id": 1, kind: whole | (content if isinstance(content, dict) else {"from": content})}
