"""Whatever is thrown at the webhook gets a clear answer, and the next message is answered as if nothing had been."""

import gzip
import json
from typing import Any

import pytest

from tests.faults.web_server import Front

pytestmark = pytest.mark.asyncio(loop_scope="package")

LIMIT = 1024 * 1024


def _message(**more: Any) -> bytes:
    message: dict[str, Any] = {
        "message_id": 1,
        "date": 1795254000,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "Lan"},
        "text": "toki",
    }
    return json.dumps({"update_id": 900, "message": message | more}).encode()


BROKEN = {
    "nothing": b"",
    "no JSON": b"toki",
    "half": _message()[:-5],
    "a list": b"[]",
    "null": b"null",
    "a word": b'"toki"',
    "no id": b"{}",
    "no UTF-8": b'{"update_id":1,"message":"\xff\xfe\xfa"}',
    "another UTF": '{"update_id":1,"message":5}'.encode("utf-16"),
    "nested arrays": b"[" * 200_000,
    "nested objects": b'{"a":' * 100_000,
    "more digits than Python reads": b'{"update_id":' + b"9" * 10_000 + b"}",
    "more than a database holds": b'{"update_id":9223372036854775808}',
    "infinite": b'{"update_id":1e999}',
    "not a number": b'{"update_id":NaN}',
    "a truth": b'{"update_id":true}',
    "a message that is none": b'{"update_id":1,"message":[1,2]}',
    "a chat that is none": _message(chat=5),
    "a chat without a number": _message(chat={"id": "7", "type": "private"}),
    "a sender that is none": _message(**{"from": "Lan"}),
    "a text that is none": _message(text=["toki"]),
    "a time beyond time": _message(date=10**17),
    "a time that is none": _message(date="now"),
    "entities that are none": _message(entities="bold"),
    "an entity beyond the text": _message(entities=[{"type": "mention", "offset": "a", "length": 5}]),
    "a file without its id": _message(voice={"duration": 3}),
    "a file of endless length": _message(voice={"file_id": "a", "duration": 10**30}),
}

NOTHING_TO_DO = {
    "an edit": {"edited_message": {"message_id": 1}},
    "a post": {"channel_post": {"message_id": 1, "chat": {"id": -100, "type": "channel"}}},
    "a vote": {"poll_answer": {"poll_id": "1", "option_ids": [0]}},
    "a kind of next year": {"thought_reading": {"thought": "toki"}},
    "nothing at all": {},
}


@pytest.mark.timeout(120)
async def test_broken_updates_are_refused_in_words_and_leave_nothing(house: Front) -> None:
    kept, counted = await house.kept(), await house.count("webhook_malformed")
    answers = {name: await house.posts(body) for name, body in BROKEN.items()}
    assert {name: answer for name, answer in answers.items() if answer[0] != 400 or not answer[1].strip()} == {}
    assert not any("Traceback" in words or "site-packages" in words for _, words in answers.values())
    assert await house.kept() == kept
    assert await house.count("webhook_malformed") == counted + len(BROKEN)
    await house.goes_on()


async def test_what_nobody_knows_is_taken_and_forgotten(house: Front) -> None:
    kept = await house.kept()
    for number, update in enumerate(NOTHING_TO_DO.values(), 500):
        assert (await house.posts(json.dumps({"update_id": number, **update}).encode()))[0] == 200
    assert await house.kept() == kept
    await house.goes_on()


@pytest.mark.parametrize("secret", ["", "b-secret", "a-secre", "a-secret2", "ä-secret", "A" * 5000])
async def test_a_wrong_secret_leaves_no_trace_but_a_counter(house: Front, secret: str) -> None:
    kept, forged = await house.kept(), await house.count("webhook_forged")
    assert await house.posts(_message(), secret=secret) == (401, "the signature is missing or wrong")
    assert await house.count("webhook_forged") == forged + 1
    assert await house.kept() == kept
    await house.goes_on()


@pytest.mark.parametrize("secret", ["a-secret", "wrong"])
async def test_two_megabytes_are_too_much(house: Front, secret: str) -> None:
    kept = await house.kept()
    assert (await house.posts(b"x" * 2 * LIMIT, secret=secret))[0] == 413
    assert (await house.posts(_message(text="x" * 2 * LIMIT), secret=secret))[0] == 413
    packed = gzip.compress(b" " * 64 * LIMIT)
    assert len(packed) < LIMIT
    assert (await house.posts(packed, secret=secret, headers={"Content-Encoding": "gzip"}))[0] == 413
    assert await house.kept() == kept
    await house.goes_on()


async def test_what_no_database_can_hold_is_replaced_and_answered(house: Front) -> None:
    body = json.dumps(house.update("nul\x00half\ud83dpair\udc00end")).encode()
    assert (await house.posts(body))[0] == 200
    assert await house.hears() == ["nulhalf\ufffdpair\ufffdend"]
    odd = house.update("hi", **{"from": {"id": house.person, "first_name": "\x00\ud800", "language_code": "\x00"}})
    assert (await house.posts(json.dumps(odd).encode()))[0] == 200
    assert (await house.hears())[-1] == "hi"


async def test_of_a_key_that_comes_twice_the_last_counts(house: Front) -> None:
    update = json.dumps(house.update("second")).replace('"text"', '"text": "first", "text"')
    assert (await house.posts(update.encode()))[0] == 200
    assert await house.hears() == ["second"]


async def test_another_content_type_changes_nothing(house: Front) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "image/png",
        "nonsense",
        "text/json; charset=utf-7",
    ):
        body = json.dumps(house.update(f"as {kind.partition(';')[0].partition('/')[0]}")).encode()
        assert (await house.posts(body, headers={"Content-Type": kind}))[0] == 200
    assert len(" ".join(await house.hears()).split("as ")) == 6


async def test_ten_thousand_words_are_answered_in_pieces(house: Front) -> None:
    words = [f"w{number:04}" for number in range(10_000)]
    assert await house.says(" ".join(words)) == 200
    pieces = await house.hears()
    assert " ".join(pieces).split() == words
    assert len(pieces) == 15


async def test_other_ways_of_asking_are_told_so(house: Front) -> None:
    statuses: dict[str, int] = {}
    for method, path in (("GET", "/telegram"), ("PUT", "/telegram"), ("POST", "/telegraph"), ("POST", "/slack")):
        async with house.session.request(method, house.url + path) as answer:
            statuses[f"{method} {path}"] = answer.status
    assert list(statuses.values()) == [405, 405, 404, 404]
    await house.goes_on()
