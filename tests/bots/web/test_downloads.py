"""A file at an address that is good once."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bots.web.downloads import routes
from core.errors import Unreachable


class Counter:
    """Hands out one file under `here`, once."""

    def __init__(self) -> None:
        self.left = 1
        self.away = False

    async def waits(self, token: str) -> bool:
        if self.away:
            raise Unreachable("away")
        return token == "here" and self.left > 0

    async def take(self, token: str) -> tuple[bytes, str] | None:
        if not await self.waits(token):
            return None
        self.left -= 1
        return b"PK", "sona dữ liệu.zip"


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
async def visitor(counter: Counter) -> AsyncIterator[aiohttp.ClientSession]:
    app = web.Application()
    app.add_routes(routes(counter))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}/file/") as session:
        yield session
    await runner.cleanup()


async def test_who_only_looks_spends_nothing_and_who_presses_the_button_gets_the_file(
    visitor: aiohttp.ClientSession, counter: Counter
) -> None:
    for _ in range(2):
        async with visitor.get("here", headers={"Accept-Language": "es-MX,en;q=0.5"}) as page:
            assert (page.status, page.content_type) == (200, "text/html")
            assert "<button>Descargar el archivo</button>" in await page.text()
            assert page.headers["Cache-Control"] == "no-store"
    async with visitor.post("here") as file:
        assert (file.status, await file.read()) == (200, b"PK")
        assert file.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''sona%20d")
    for ask in (visitor.get, visitor.post):
        async with ask("here") as gone:
            assert gone.status == 404
            assert "was used already" in await gone.text()


async def test_what_was_never_handed_out_is_not_there(visitor: aiohttp.ClientSession) -> None:
    async with visitor.post("guessed") as page:
        assert page.status == 404


async def test_while_the_database_is_away_nothing_is_spent(visitor: aiohttp.ClientSession, counter: Counter) -> None:
    counter.away = True
    for ask in (visitor.get, visitor.post):
        async with ask("here") as page:
            assert page.status == 503
    counter.away = False
    async with visitor.post("here") as file:
        assert file.status == 200
