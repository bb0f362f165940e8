"""Parsing of calls and envelopes: one recording for each case, and arbitrary data."""

import contextlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.slack import signed_value
from bots.slack.call import ParsedCall
from bots.slack.parse import SlackParser
from core.address import Address
from core.errors import Malformed
from core.event import Event
from tests.bots.received import told
from tests.fakes.slack import event

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
KEY = b"key of buttons"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
PARSER = SlackParser(key=KEY, commands=("quiz", "help", "stop"))


def _signed(payload: dict[str, Any]) -> dict[str, Any]:
    """Replace `SIGNED:<address>:<choice>` and `FORM:<address>` in a fixture by signed values."""
    for action in (action.get("selected_option", action) for action in payload.get("actions", [])):
        if action["value"].startswith("SIGNED:"):
            address, choice = _address_and_choice(action["value"].removeprefix("SIGNED:"))
            action["value"] = signed_value.encode(choice, address, KEY)
    metadata = payload.get("view", {}).get("private_metadata", "")
    if metadata.startswith("FORM:"):
        address = Address.parse(metadata.removeprefix("FORM:"))
        payload["view"]["private_metadata"] = f"{signed_value.encode('ask', address, KEY)} {address}"
    return payload


def _address_and_choice(text: str) -> tuple[Address, str]:
    """Split an address of two or three parts from the choice behind it."""
    parts = text.split(":")
    size = 3 if parts[2][:1] == "1" or parts[2].startswith("@") else 2
    return Address.parse(":".join(parts[:size])), ":".join(parts[size:])


def _plain(found: Event) -> dict[str, Any]:
    body = asdict(found.body)
    if found.body.kind == "spoke":
        body = {"kind": body["kind"], "audio": body["audio"]}
    body = {name: value for name, value in body.items() if value or name not in _UNUSUAL}
    return {
        "id": found.id,
        "address": str(found.address),
        "sender": found.sender.id,
        "addressed": found.addressed,
        "group": found.group,
        "body": told(body),
    }


def _parse(kind: str, payload: dict[str, Any]) -> ParsedCall:
    match kind:
        case "events_api":
            body = json.dumps(payload)
        case "interactive":
            body = urlencode({"payload": json.dumps(payload)})
        case _:
            body = urlencode(payload)
    return PARSER.body(body.encode(), NOW)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_call_and_an_envelope_are_parsed_as_recorded(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    payload = _signed(recorded["payload"])
    call = _parse(recorded["kind"], payload)
    assert [_plain(found) for found in call.events] == [
        {**event, "body": told(event["body"])} for event in recorded["events"]
    ]
    assert PARSER.envelope(recorded["kind"], payload, NOW) == call


def test_a_url_verification_has_a_challenge_and_no_event() -> None:
    call = PARSER.body(b'{"type": "url_verification", "token": "x", "challenge": "3eZbrw"}', NOW)
    assert call == ParsedCall(challenge="3eZbrw")


def test_the_senders_name_is_taken_from_the_profile() -> None:
    recorded = json.loads((Path(__file__).parent / "fixtures" / "named_in_profile.json").read_text())
    assert PARSER.callback(recorded["payload"]).events[0].sender.name == "Lan"


def test_a_certificate_check_has_no_content() -> None:
    assert PARSER.body(b"ssl_check=1&token=x", NOW) == ParsedCall()
    assert PARSER.envelope("hello", {}, NOW) == ParsedCall()


_UNUSUAL = ("edited", "judged", "album")
LEAVES = st.sampled_from(
    [None, True, -1, 2**70, 1.5, "", "x", "T1", "1.2", "\0", "\ud800", "9" * 400, "<@UBOT>", "<|>", "<>"]
)
JSON = LEAVES | st.lists(LEAVES, max_size=3) | st.lists(st.dictionaries(st.sampled_from(["id", "url_private"]), LEAVES))
FIELDS = (
    "user",
    "text",
    "ts",
    "channel",
    "thread_ts",
    "files",
    "subtype",
    "user_profile",
    "channel_type",
    "parent_user_id",
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_message_is_parsed_or_malformed(fields: dict[str, Any]) -> None:
    with contextlib.suppress(Malformed):
        PARSER.callback(event({"type": "message", **fields}))


@given(st.binary(max_size=200))
def test_any_body_is_parsed_or_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        PARSER.body(body, NOW)


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_a_buttons_value_is_valid_only_in_its_own_conversation(choice: str, other: str) -> None:
    own, other_address = Address("slack", "T1.D1"), Address("slack", "T1.D1", other or "x")
    value = signed_value.encode(choice, own, KEY)
    assert signed_value.decode(value, own, KEY) == choice
    assert signed_value.decode(value, other_address, KEY) is None
    assert signed_value.decode(other, own, KEY) is None
