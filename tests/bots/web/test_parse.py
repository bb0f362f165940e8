"""What the page sends is held to what a page may say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bots.web import parse
from core.address import Address
from core.errors import Malformed
from core.wire import dump_event

AT = datetime(2026, 11, 21, tzinfo=UTC)
HERE = Address("web", "c1")


def _event(body: dict[str, Any]) -> str:
    happened = parse.ClientEvent(t="event", id="12345678", body=body)
    return dump_event(parse.event(happened, HERE, "en", AT))


@pytest.mark.parametrize(
    "media",
    [
        {"seconds": "nan"},
        {"seconds": "inf"},
        {"seconds": -1},
        {"size": -1},
        {"size": 10**30},
        {"name": "x" * 1000},
        {"mime": "x" * 1000},
    ],
)
def test_a_file_is_described_in_numbers_that_can_be_stored_and_few_words(media: dict[str, Any]) -> None:
    for body in ({"kind": "shared", "media": media}, {"kind": "spoke", "audio": media}):
        assert _event({key: {"ref": "blob:1"} if isinstance(value, dict) else value for key, value in body.items()})
        with pytest.raises(Malformed, match="media"):
            _event(
                {key: {"ref": "blob:1"} | value if isinstance(value, dict) else value for key, value in body.items()}
            )


def test_a_page_says_neither_what_was_heard_nor_why_nothing_was() -> None:
    for said in ({"heard": "yes"}, {"unheard": "voice.away"}):
        with pytest.raises(Malformed, match="heard"):
            _event({"kind": "spoke", "audio": {"ref": "blob:1"}} | said)
