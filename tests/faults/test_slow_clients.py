"""Clients that send a little and then nothing are let go, and keep nobody else waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bots.http import Timeouts
from tests.faults.web_server import SECRET, Front, served

pytestmark = pytest.mark.asyncio(loop_scope="package")

HEAD = (
    "POST /telegram HTTP/1.1\r\nHost: sona\r\nContent-Type: application/json\r\n"
    f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
)
LONG = 30.0


@pytest_asyncio.fixture(loop_scope="package")
async def hasty(house: Front) -> AsyncIterator[int]:
    """A port of the same house where nobody is waited for."""
    async with served(house.ingress, Timeouts(request=0.3, silence=0.2, body=1.0)) as port:
        yield port


async def _sends(port: int, *pieces: str, pause: float = 0.0, times: int = 1) -> bytes:
    """All that the server says until it hangs up; the last piece is sent again and again, as long as it listens."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    listening = asyncio.create_task(_hears(reader))
    try:
        for piece in (*pieces[:-1], *pieces[-1:] * times):
            writer.write(piece.encode())
            await asyncio.sleep(pause)
        async with asyncio.timeout(LONG):
            return await listening
    finally:
        listening.cancel()
        writer.close()


async def _hears(reader: asyncio.StreamReader) -> bytes:
    heard = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            heard += piece
    return heard


@pytest.mark.parametrize(
    "pieces", [("",), ("POST /tele",), (HEAD,), (HEAD, "X-Drip: a\r\n")], ids=["silent", "path", "head", "dripping"]
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    house: Front, hasty: int, pieces: tuple[str, ...]
) -> None:
    drip = pieces[-1].startswith("X-Drip")
    assert await _sends(hasty, *pieces, pause=0.05 if drip else 0, times=20 if drip else 1) == b""
    await house.goes_on()


@pytest.mark.parametrize(
    "body",
    ["Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{", "Transfer-Encoding: chunked\r\n\r\n"],
    ids=["short", "half a chunk", "no chunk"],
)
async def test_a_body_that_does_not_come_is_answered_with_408(house: Front, hasty: int, body: str) -> None:
    assert (await _sends(hasty, HEAD + body)).startswith(b"HTTP/1.1 408 ")
    await house.goes_on()


async def test_a_body_that_drips_is_answered_with_408_in_the_end(house: Front, hasty: int) -> None:
    head = HEAD + "Content-Length: 1000\r\n\r\n"
    assert (await _sends(hasty, head, " ", pause=0.1, times=14)).startswith(b"HTTP/1.1 408 ")
    await house.goes_on()


async def test_many_who_dawdle_keep_nobody_waiting(house: Front) -> None:
    dawdlers = [asyncio.create_task(_sends(house.port, HEAD + "Content-Length: 9\r\n\r\n{")) for _ in range(200)]
    try:
        await house.goes_on()
    finally:
        for dawdler in dawdlers:
            dawdler.cancel()
        await asyncio.gather(*dawdlers, return_exceptions=True)


@pytest.mark.parametrize(
    "nonsense",
    ["\r\n\r\n\r\n", "GET\r\n\r\n", "toki\x00pona\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nHost sona\r\n\r\n",
     HEAD + "Content-Length: -5\r\n\r\n", HEAD + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
     HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", HEAD + "X-Long: " + "x" * 20_000 + "\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_http_is_refused(house: Front, hasty: int, nonsense: str) -> None:
    answer = await _sends(hasty, nonsense)
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"408", b"431", b"505")
    assert b"Traceback" not in answer
    await house.goes_on()
