"""Parsing of payloads: one recording for each case, and arbitrary data."""

import contextlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.discord import custom_id
from bots.discord.parse import INTERACTION, MESSAGE, DiscordParser
from bots.discord.wording import DiscordBot
from core.address import Address
from core.errors import Malformed
from core.event import Event
from tests.bots.discord.conftest import COMMANDS, suggestions
from tests.bots.received import told

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
KEY = b"key of buttons"
PARSER = DiscordParser(
    bot=DiscordBot(id="4242"), key=KEY, commands={command.id: command for command in COMMANDS}, autocomplete=suggestions
)


def _signed(value: Any) -> Any:
    """Replace `SIGNED:<channel>:<chat>[/<thread>]:<choice>` in a fixture by a signed custom id."""
    match value:
        case str() if value.startswith("SIGNED:"):
            _, channel, chat, choice = value.split(":", 3)
            return custom_id.encode(choice, Address(channel, *chat.split("/")), KEY)
        case list():
            return [_signed(item) for item in value]
        case dict():
            return {key: _signed(item) for key, item in value.items()}
        case _:
            return value


def _plain(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "address": str(event.address),
        "sender": event.sender.id,
        "addressed": event.addressed,
        "group": event.group,
        "body": told(asdict(event.body)),
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_payload_is_parsed_as_recorded(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    update = PARSER.dispatch(recorded["name"], _signed(recorded["data"]))
    assert [_plain(event) for event in update.events] == [
        {**event, "body": told(event["body"])} for event in recorded["events"]
    ]
    assert (update.interaction and update.interaction.response) == _signed(recorded.get("answer"))
    assert update.left_guild == recorded.get("left", "")
    thread = update.interaction.new_thread if update.interaction else None
    assert (thread.name if thread else None) == recorded.get("thread")


def _recorded(name: str) -> dict[str, Any]:
    path = next(path for path in FIXTURES if path.stem == name)
    return json.loads(path.read_text(encoding="utf-8"))["data"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_an_interaction_is_parsed_alike_over_http_and_over_the_gateway(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    if recorded["name"] == INTERACTION:
        data = _signed(recorded["data"])
        assert PARSER.body(json.dumps(data).encode()) == PARSER.dispatch(INTERACTION, data)


def test_an_event_has_its_time_and_its_senders_name_and_locale() -> None:
    message = {**_recorded("server_mention_first"), "id": "175928847299117063"}
    (event,) = PARSER.dispatch(MESSAGE, message).events
    assert event.sender.name == "Lan N."
    assert event.at == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)
    (event,) = PARSER.dispatch(INTERACTION, _recorded("slash_plain")).events
    assert (event.sender.name, event.sender.locale) == ("Lan", "vi")


def test_without_its_own_id_the_bot_is_addressed_in_direct_messages_only() -> None:
    parser = DiscordParser(bot=DiscordBot(), key=KEY)
    (event,) = parser.dispatch(MESSAGE, _recorded("server_mention_first")).events
    assert not event.addressed
    (event,) = parser.dispatch(MESSAGE, _recorded("private_words")).events
    assert event.addressed


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(path=st.sampled_from(FIXTURES), data=st.data())
def test_any_payload_is_parsed_or_malformed(path: Path, data: st.DataObject) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    payload = recorded["data"]
    payload[data.draw(st.sampled_from(sorted(payload)))] = data.draw(_json)
    with contextlib.suppress(Malformed):
        for event in PARSER.dispatch(recorded["name"], payload).events:
            assert event.id.startswith("discord:")


@given(st.text(min_size=1, max_size=custom_id.CHOICE_BYTES))
def test_a_choice_is_decoded_only_for_the_chat_of_its_button(choice: str) -> None:
    here, there = Address("discord", "1"), Address("discord", "2")
    if len(choice.encode()) > custom_id.CHOICE_BYTES:
        with pytest.raises(Malformed):
            custom_id.encode(choice, here, KEY)
        return
    data = custom_id.encode(choice, here, KEY)
    assert len(data) <= 100
    assert custom_id.decode(data, here, KEY) == choice
    assert custom_id.decode(data, there, KEY) is None
    assert custom_id.decode(data, here, b"another key") is None
