"""Whatever a page sends gets a clear answer, and neither it nor anyone else loses anything."""

import io
import zlib

import aiohttp
import pytest
import redis.asyncio as redis

from core.phrases import phrase
from tests.core.providers.documents import samples
from tests.faults.page import page
from tests.faults.web_server import Front

pytestmark = pytest.mark.asyncio(loop_scope="package")

MEGABYTE = 1024 * 1024
FRAMES = (
    "", "{", "null", "[]", "5", '"hello"', "[" * 200_000, '{"a":' * 100_000, '{"t":5}', '{"t":"hello"}',
    '{"t":"future"}', '{"t":"event","id":1e999}', '{"t":"older","before":1e400}', '{"t":"older","before":-1}',
    '{"t":"event","id":"' + "9" * 5000 + '","body":{}}', '{"t":"hello","last":' + "9" * 5000 + "}",
    '{"t":"event","id":"12345678","body":{"kind":"said","text":"' + "x" * 200_000 + '"}}',
    '{"t":"event","id":"12345678","body":{"kind":"thought","text":"?"}}',
    '{"t":"event","id":"12345678","body":{"kind":"shared","media":{"ref":"blob:1","size":-1}}}',
    '{"t":"event","id":"12345678","body":{"kind":"spoke","audio":{"ref":"blob:1"}},"proof":"\\ud800"}',
)  # fmt: skip


async def test_bad_frames_are_refused_and_the_talk_goes_on(house: Front) -> None:
    async with page(house) as visitor:
        kept = await house.kept()
        for frame in FRAMES:
            await visitor.socket.send_str(frame)
            await visitor.gets("error")
        await visitor.socket.send_bytes(b"\x00\xff" * 100)
        await visitor.gets("error")
        assert visitor.errors == ["malformed"] * (len(FRAMES) + 1)
        assert await house.kept() == kept
        await visitor.goes_on()


async def test_a_frame_beyond_the_limit_ends_its_own_socket_only(house: Front) -> None:
    async with page(house) as visitor, page(house) as other:
        await visitor.socket.send_str("x" * 2 * MEGABYTE)
        while (await visitor.socket.receive(timeout=5)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            pass
        assert visitor.socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        await other.goes_on()


async def test_text_that_is_no_utf8_ends_its_own_socket_only(house: Front) -> None:
    async with page(house) as visitor, page(house) as other:
        await visitor.socket.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
        while (await visitor.socket.receive(timeout=5)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            pass
        assert visitor.socket.close_code == aiohttp.WSCloseCode.INVALID_TEXT
        await other.goes_on()


@pytest.mark.parametrize(
    "origin", [None, "", "null", "https://evil.example", "http://127.0.0.1:1", "file:///x", "http://["]
)
async def test_a_page_from_elsewhere_may_neither_talk_nor_upload(house: Front, origin: str | None) -> None:
    async with page(house) as visitor:
        headers = {} if origin is None else {"Origin": origin}
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.session.ws_connect(f"{house.url}/chat", headers=headers)
        assert refusal.value.status == 403
        async with visitor.session.post(f"{house.url}/upload", data=b"x", headers=headers) as answer:
            assert answer.status == 403
        await visitor.goes_on()


async def test_uploads_beyond_the_limit_are_refused(house: Front) -> None:
    async with page(house) as visitor:
        assert (await visitor.uploads(b"x" * 26 * MEGABYTE, mime="text/plain", name="a.txt"))[0] == 413
        packed = zlib.compress(b"x" * 64 * MEGABYTE)
        headers = {"Origin": house.url, "Content-Encoding": "deflate"}
        async with visitor.session.post(f"{house.url}/upload", data=io.BytesIO(packed), headers=headers) as answer:
            assert answer.status in (400, 413)
        await visitor.goes_on()


UNREADABLE = {
    "a zip bomb": (samples.docx(samples.paragraph("a" * 200 * MEGABYTE)), "bomb.docx", "too_large"),
    "a PDF bomb": (
        samples.pdf_of(
            [zlib.compress(samples.deflated_spaces(1024), 9)], filters="/Filter [/FlateDecode /FlateDecode] "
        ),
        "bomb.pdf",
        "too_large",
    ),
    "a PDF whose pages do not end": (samples.pdf_of([b"BT ET"] * 2, kids="2 0 R 4 0 R"), "endless.pdf", "broken"),
    "half a PDF": (samples.pdf([[(12, "toki")]])[:200], "half.pdf", "broken"),
    "a program": (b"\x7fELF" + bytes(range(256)) * 100, "tool.exe", "unsupported"),
    "a picture called a book": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "book.epub", "broken"),
    "nothing but spaces": (b" " * 10_000, "empty.txt", "no_text"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_files_that_cannot_be_read_are_told_so(house: Front, name: str) -> None:
    data, title, why = UNREADABLE[name]
    async with page(house) as visitor:
        told = await visitor.shares(data, mime="application/octet-stream", name=title)
        assert phrase("reading.failed", "en", text="").strip()[:12] in told
        assert phrase(f"ingest.{why}", "en").partition("{")[0] in told
        await visitor.goes_on()


async def test_pages_talk_on_while_valkey_is_away(house: Front) -> None:
    async with redis.from_url(house.ingress.stores.settings.redis_url) as client, page(house) as visitor:
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await visitor.goes_on()
