"""The real web application and a worker's rooms in one loop, with Telegram and a model on real sockets beside them."""

import asyncio
import io
import itertools
import json
import random
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import text

from core.address import Address
from tests.fakes.anthropic import KEY
from tests.fakes.echo import EchoingAnthropic
from tests.fakes.telegram import FakeTelegram
from workers.compose import assembly
from workers.compose.knowledge import IngestWorker
from workers.compose.turn_worker import TurnWorker
from workers.processes.web import Timeouts, build_application, make_runner
from workers.queue.celery import make_app
from workers.settings import Settings

SECRET = "a-secret"


@dataclass(slots=True, kw_only=True)
class Front:
    """`port` is where the house listens; `telegram` is where its answers go, for the one who is `person` at the time."""

    port: int
    ingress: assembly.Ingress
    rooms: TurnWorker
    shelf: IngestWorker
    telegram: FakeTelegram
    session: aiohttp.ClientSession
    person: int = 7
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def turn_to(self, person: int) -> None:
        """Someone else talks from now on."""
        self.person = person
        self.telegram.chat(person)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def posts(
        self, body: bytes, *, secret: str = SECRET, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Call Telegram's webhook; the status and the words of the answer."""
        sent = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret, **(headers or {})}
        async with self.session.post(f"{self.url}/telegram", data=io.BytesIO(body), headers=sent) as answer:
            return answer.status, await answer.text()

    def update(self, words: Any, **more: Any) -> dict[str, Any]:
        """A message's update with the next number."""
        number = next(self._numbers)
        message = {
            "message_id": number,
            "date": 1795254000,
            "chat": {"id": self.person, "type": "private"},
            "from": {"id": self.person, "is_bot": False, "first_name": "Lan", "language_code": "en"},
            "text": words,
        }
        return {"update_id": number, "message": message | more}

    async def says(self, words: str) -> int:
        return (await self.posts(json.dumps(self.update(words)).encode()))[0]

    async def settle(self, address: Address) -> None:
        """Work until nothing waits there any more."""
        async with asyncio.timeout(20):
            while not await self.ingress.stores.sweep.idle(address):
                await self.rooms.sweep()
                await asyncio.sleep(0.01)

    async def hears(self) -> list[str]:
        """All that the person was told, once nothing waits any more."""
        await self.settle(Address("telegram", str(self.person)))
        return self.telegram.chat(self.person).texts

    async def goes_on(self) -> None:
        """Everything is as it was: the next message is taken and answered."""
        word = f"still{next(self._numbers)}"
        assert await self.says(word) == 200
        assert (await self.hears())[-1] == word

    async def reads(self) -> None:
        """Let the reading process do what people have given it."""
        waiting = text("SELECT id FROM sources WHERE owner <> ''")
        for row in await self.ingress.stores.database.run(waiting, {}):
            await self.shelf.ingest_source(row.id)

    async def kept(self) -> int:
        """How many events the letterbox holds."""
        return (await self.ingress.stores.database.run(text("SELECT count(*) AS n FROM events"), {}))[0].n

    async def count(self, name: str) -> int:
        """A counter's value as `/metrics` shows it, over all its labels."""
        await self.ingress.stores.count.flush()
        async with self.session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(int(line.rpartition(" ")[2]) for line in lines if line.startswith(f"sona_{name}_total"))


@asynccontextmanager
async def front(database_url: str, redis_url: str, home: Path) -> AsyncGenerator[Front]:
    async with FakeTelegram() as telegram, EchoingAnthropic(random.Random(1), slowest=0) as model:
        settings = _settings(database_url, redis_url, home, telegram, model)
        app = make_app(redis_url)
        rooms, shelf = (
            await assembly.start_turn_worker(settings, app),
            await assembly.start_ingest_worker(settings, app),
        )
        async with (
            assembly.ingress(settings) as ingress,
            served(ingress, Timeouts()) as port,
            _visitor() as session,
        ):
            await ingress.platforms["telegram"].identify()
            yield Front(port=port, ingress=ingress, rooms=rooms, shelf=shelf, telegram=telegram, session=session)
        await shelf.stores.close()
        await rooms.close(1)


@asynccontextmanager
async def served(ingress: assembly.Ingress, patience: Timeouts) -> AsyncGenerator[int]:
    """The port on which the real application answers through this door."""
    runner = make_runner(build_application(ingress, patience), patience)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def _visitor() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=20))


def _settings(
    database_url: str, redis_url: str, home: Path, telegram: FakeTelegram, model: EchoingAnthropic
) -> Settings:
    return Settings(
        home=home,
        database_url=database_url,
        redis_url=redis_url,
        secret_key="a secret key only for tests",
        public_url="https://sona.example",
        telegram_bot_token=telegram.token,
        telegram_webhook_secret=SECRET,
        telegram_api_url=telegram.url,
        anthropic_api_key=KEY,
        anthropic_base_url=model.url,
        speech="off",
    )
