"""The page's socket: nothing lost, nothing doubled, nothing seen by others, nothing broken by bad input."""

import aiohttp
import pytest

from core.address import Address
from core.event import Joined, Said, Stopped, Tapped
from core.outbound import OutboundMessage
from core.reply import Text
from tests.bots.web.conftest import Site

ID = "0b9c9a3e-0000-4000-8000-000000000001"
OTHER = "0b9c9a3e-0000-4000-8000-000000000002"


async def test_words_are_kept_received_and_acknowledged(site: Site) -> None:
    chat = await site.visit()
    page = await site.opens()
    assert await page.greets(locale="vi-VN") == []
    await page.says(ID, "toki")
    frames = {frame["t"]: frame for frame in [await page.socket.receive_json(timeout=5) for _ in range(2)]}
    assert frames["ack"]["id"] == ID
    assert frames["line"]["line"]["text"] == "toki"
    joined, said = site.door.events
    assert joined.body == Joined()
    assert (said.id, said.body) == (f"web:{ID}", Said(text="toki"))
    assert said.address == Address("web", chat)
    assert said.sender.locale == "vi-VN"


async def test_the_same_message_sent_again_is_one_line(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    for _ in range(3):
        await page.says(ID, "toki")
    kinds = [(await page.socket.receive_json(timeout=5))["t"] for _ in range(4)]
    assert sorted(kinds) == ["ack", "ack", "ack", "line"]
    again = await site.opens()
    assert [line["text"] for line in await again.greets()] == ["toki"]


async def test_a_page_that_comes_back_gets_what_it_missed_and_no_more(site: Site) -> None:
    address = Address("web", await site.visit())
    for n in range(250):
        await site.channel.send(OutboundMessage(id=f"{n}", address=address, reply=Text(text=f"{n}")))
    page = await site.opens()
    assert [line["seq"] for line in await page.greets(last=20)] == list(range(21, 251))
    await site.channel.send(OutboundMessage(id="new", address=address, reply=Text(text="new")))
    assert (await page.gets("line"))["line"]["seq"] == 251


async def test_a_new_page_begins_with_the_newest_lines_and_asks_for_older_ones(site: Site) -> None:
    address = Address("web", await site.visit())
    for n in range(150):
        await site.channel.send(OutboundMessage(id=f"{n}", address=address, reply=Text(text=f"{n}")))
    page = await site.opens()
    assert [line["seq"] for line in await page.greets()] == list(range(51, 151))
    await page.sends(t="older", before=51)
    older = await page.gets("older")
    assert ([line["seq"] for line in older["lines"]], older["older"]) == (list(range(1, 51)), False)


async def test_a_page_that_knows_more_than_the_record_begins_anew(site: Site) -> None:
    address = Address("web", await site.visit())
    await site.channel.send(OutboundMessage(id="1", address=address, reply=Text(text="first")))
    page = await site.opens()
    await page.sends(t="hello", last=900)
    frame = await page.gets("lines")
    assert (frame["anew"], [line["seq"] for line in frame["lines"]]) == (True, [1])


async def test_what_cannot_be_kept_now_is_answered_with_an_error_and_the_socket_stays(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    site.door.away = True
    await page.says(ID, "toki")
    frames = [await page.socket.receive_json(timeout=5) for _ in range(2)]
    assert {"t": "error", "code": "unreachable", "about": ID} in frames
    site.door.away = False
    await page.says(ID, "toki")
    assert (await page.gets("ack"))["id"] == ID


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        "null",
        '"x"',
        "[" * 100_000,
        '{"t":"nothing"}',
        '{"t":"hello","last":-1}',
        '{"t":"event"}',
        '{"t":"event","id":"x","body":{}}',
        '{"t":"event","id":"12345678","body":{"kind":"due","what":"review"}}',
        '{"t":"event","id":"12345678","body":{"kind":"ready","what":"ingest"}}',
        '{"t":"event","id":"12345678","body":{"kind":"joined"}}',
        '{"t":"event","id":"12345678","body":{"kind":"said","text":"  "}}',
        '{"t":"event","id":"12345678","body":{"kind":"said","text":5}}',
        '{"t":"event","id":"12345678","body":{"kind":"spoke","heard":"I said so"}}',
        '{"t":"event","id":"12345678","body":{"kind":"spoke","audio":{"ref":"blob:1"},"unheard":"voice.away"}}',
        '{"t":"event","id":"12345678","body":{"kind":"shared","media":{"ref":"blob:of-someone-else"}}}',
        '{"t":"older","before":0}',
        f'{{"t":"event","id":"12345678","body":{{"kind":"said","text":"{"x" * 100_001}"}}}}',
    ],
)
async def test_a_bad_frame_gets_a_clear_error_and_the_socket_stays(site: Site, frame: str) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    site.door.events.clear()
    await page.socket.send_str(frame)
    error = await page.gets("error")
    assert error["code"] == "malformed"
    await page.socket.send_bytes(b"\xff\x00")
    assert (await page.gets("error"))["code"] == "malformed"
    await page.sends(t="ping")
    await page.gets("pong")
    assert site.door.events == []


async def test_nul_and_broken_surrogates_lose_nothing_else(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    await page.socket.send_str('{"t":"event","id":"12345678","body":{"kind":"said","text":"a\\u0000b\\ud800c"}}')
    frames = {frame["t"]: frame for frame in [await page.socket.receive_json(timeout=5) for _ in range(2)]}
    assert frames["line"]["line"]["text"] == "a\ufffdb\ufffdc"
    assert site.door.events[-1].body == Said(text="a\ufffdb\ufffdc")


async def test_ten_thousand_words_arrive_whole(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    words = " ".join(["toki"] * 10_000)
    await page.says(ID, words)
    frames = {frame["t"]: frame for frame in [await page.socket.receive_json(timeout=5) for _ in range(2)]}
    assert frames["line"]["line"]["text"] == words


async def test_a_frame_of_two_megabytes_closes_the_socket_and_nothing_else(site: Site) -> None:
    await site.visit()
    page, other = await site.opens(), await site.opens()
    await page.greets()
    await other.greets()
    await page.socket.send_str("x" * 2 * 1024 * 1024)
    assert (await page.socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    assert page.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    await other.sends(t="ping")
    await other.gets("pong")


async def test_stop_is_received_and_leaves_no_line(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    await page.sends(t="event", id=ID, body={"kind": "stopped"})
    await page.gets("ack")
    assert isinstance(site.door.events[-1].body, Stopped)
    assert await (await site.opens()).greets() == []


async def test_a_tap_says_which_line_it_was_on(site: Site) -> None:
    await site.visit()
    page = await site.opens()
    await page.greets()
    await page.sends(t="event", id=ID, body={"kind": "tapped", "choice": "q:1:0", "of": "7"}, shown="red")
    frames = {frame["t"]: frame for frame in [await page.socket.receive_json(timeout=5) for _ in range(2)]}
    assert frames["line"]["line"]["text"] == "red"
    assert site.door.events[-1].body == Tapped(choice="q:1:0", of="7")


async def test_a_draft_comes_in_pieces_and_only_changed_blocks_are_sent(site: Site) -> None:
    address = Address("web", await site.visit())
    page = await site.opens()
    await page.greets()
    await site.feed.sign(address, {"draft": {"at": 0, "text": "One.\n\nTw"}})
    assert [block["k"] for block in (await page.gets("draft"))["blocks"]] == ["p", "p"]
    await site.feed.sign(address, {"draft": {"at": 8, "text": "o **bo"}})
    await site.feed.sign(address, {"draft": {"at": 99, "text": "lost its beginning"}})
    second = await page.gets("draft")
    assert (second["at"], second["blocks"]) == (1, [{"k": "p", "s": [{"t": "Two **bo"}]}])
    await site.feed.sign(address, {"status": "Looking…"})
    assert (await page.gets("status"))["text"] == "Looking…"


async def test_a_page_of_another_origin_may_not_connect(site: Site) -> None:
    await site.visit()
    for origin in ("https://evil.example", "null", "", "http://127.0.0.1:1"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await site.session.ws_connect(site.url + "chat", headers={"Origin": origin})
        assert refusal.value.status == 403


async def test_a_socket_without_a_good_cookie_is_told_to_fetch_one(site: Site) -> None:
    for cookie in ("", "sona=ada.0000", "sona=ada"):
        headers = {"Origin": site.url.rstrip("/"), "Cookie": cookie}
        socket = await site.session.ws_connect(site.url + "chat", headers=headers)
        await socket.receive(timeout=5)
        assert socket.close_code == 4401
