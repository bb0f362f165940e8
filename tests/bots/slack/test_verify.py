"""Verification of webhook calls."""

from datetime import UTC, datetime, timedelta

import pytest

from bots.slack.verify import SIGNATURE, TIMESTAMP, is_signed
from core.channel import Request

# The example in Slack's guide "Verifying requests from Slack".
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
SENT = datetime.fromtimestamp(1531420618, UTC)


def _call(**headers: str) -> Request:
    return Request(body=BODY, headers={TIMESTAMP: "1531420618", SIGNATURE: SIGNED, **headers})


def test_slacks_own_example_is_valid() -> None:
    assert is_signed(_call(), SECRET, SENT)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_call_is_valid_for_five_minutes_either_way(seconds: int) -> None:
    assert is_signed(_call(), SECRET, SENT + timedelta(seconds=seconds))
    further = seconds + (1 if seconds > 0 else -1)
    assert not is_signed(_call(), SECRET, SENT + timedelta(seconds=further))


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: ""},
        {SIGNATURE: SIGNED.removeprefix("v0=")},
        {SIGNATURE: SIGNED[:-1] + "4"},
        {SIGNATURE: "vé"},
        {TIMESTAMP: ""},
        {TIMESTAMP: "1531420619"},
        {TIMESTAMP: "now"},
        {TIMESTAMP: "-1531420618"},
        {TIMESTAMP: "9" * 5000},
        {TIMESTAMP: "١"},
    ],
)
def test_any_other_header_is_rejected(headers: dict[str, str]) -> None:
    assert not is_signed(_call(**headers), SECRET, SENT)


def test_another_body_or_an_empty_secret_is_rejected() -> None:
    assert not is_signed(Request(body=BODY + b"&x=1", headers=_call().headers), SECRET, SENT)
    assert not is_signed(_call(), "", SENT)
