"""Calls as Twilio makes them, and what is read in them."""

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

from bots.twilio.parse import StatusReport, read, report
from core.address import Address
from core.errors import Malformed
from core.event import Event, Joined, Left, Said
from tests.bots.received import told
from tests.fakes.twilio import ACCOUNT, LAN, FakeTwilio

CASES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def _read(fields: dict[str, str]) -> tuple[Event, ...]:
    return read(urlencode(fields).encode(), NOW)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_recorded_calls_are_read(case: Path) -> None:
    recorded: dict[str, Any] = json.loads(case.read_text())
    events = _read(recorded["fields"])
    assert [told(asdict(event.body)) for event in events] == [told(body) for body in recorded["bodies"]]
    for place, event in enumerate(events):
        sid = recorded["fields"]["SmsSid"]
        assert event.id == f"sms:{sid}" + (f":{place}" if place else "")
        assert event.address == Address("sms", recorded["fields"]["From"])
        assert event.sender.id == recorded["fields"]["From"]
        assert (event.at, event.addressed, event.group) == (NOW, True, False)


def test_the_country_tells_which_language_to_begin_with() -> None:
    for country, locale in (("VN", "vi"), ("MX", "es"), ("US", ""), ("XX", "")):
        (event,) = _read(FakeTwilio().form("toki", FromCountry=country))
        assert event.sender.locale == locale


@pytest.mark.parametrize(
    "word", ["STOP", "StopAll", "unsubscribe", "CANCEL", "end", "Quit", "REVOKE", "optout", "Stop all", "opt-out!"]
)
def test_every_word_that_ends_the_messages_does(word: str) -> None:
    (event,) = _read(FakeTwilio().form(word))
    assert (event.body, event.opts_in) == (Left(), False)


def test_every_word_that_renews_the_messages_does_and_yes_stays_a_word() -> None:
    for word in ("START", "unstop"):
        (event,) = _read(FakeTwilio().form(word))
        assert (event.body, event.opts_in) == (Joined(), True)
    (event,) = _read(FakeTwilio().form("YES"))
    assert (event.body, event.opts_in) == (Said(text="YES"), True)
    (event,) = _read(FakeTwilio().form("yes please"))
    assert not event.opts_in


@pytest.mark.parametrize(
    "fields",
    [
        {"MessageSid": ""},
        {"MessageSid": "SM1"},
        {"MessageSid": "CA" + "0" * 32},
        {"NumMedia": "many"},
        {"NumMedia": "1"},
        {"NumMedia": "-1"},
    ],
)
def test_what_is_no_call_about_a_message_is_malformed(fields: dict[str, str]) -> None:
    blank = {"SmsSid": "", "SmsMessageSid": ""} if "MessageSid" in fields else {}
    with pytest.raises(Malformed):
        _read({**FakeTwilio().form("toki"), **blank, **fields})


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"a&" * 1000 + b"=", b"MessageSid=SM" + b"0" * 31])
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body, NOW)


@given(st.binary(max_size=200))
def test_any_bytes_are_malformed_or_nothing(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert read(body, NOW) == ()


@given(st.text(max_size=60))
def test_any_words_come_through_as_they_are_or_are_a_wish(text: str) -> None:
    fields = FakeTwilio().form(text.encode(errors="ignore").decode())
    for event in _read(fields):
        assert not isinstance(event.body, Said) or event.body.text in (
            fields["Body"].replace("\0", "").strip(),
            "/help",
        )


def test_all_but_an_end_of_the_messages_heeds_that_they_are_ended() -> None:
    for words, heeds in (("toki", True), ("HELP", True), ("START", True), ("Yes", True), ("STOP", False)):
        (event,) = _read(FakeTwilio().form(words))
        assert event.drop_if_opted_out is heeds


def test_a_report_says_what_became_of_a_message() -> None:
    sid = "SM" + "0" * 32
    fields = {"MessageSid": sid, "MessageStatus": "undelivered", "ErrorCode": "30007", "AccountSid": ACCOUNT, "To": LAN}
    assert report(urlencode(fields).encode()) == StatusReport(sid=sid, status="undelivered", to=LAN, code="30007")
    assert report(urlencode(FakeTwilio().form("toki")).encode()) is None
