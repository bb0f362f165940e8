"""Webhook to 200: how many Telegram updates a server process verifies, parses and keeps in a second."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import text

from bench.environment import answers, environment, process, stage
from bench.peers import SECRET
from bench.report import Row, beside
from storage.engine.database import Database
from tests.fakes.telegram import TOKEN, FakeTelegram
from workers.processes.up import free_port
from workers.settings import Settings

SECONDS = 6
ROUNDS = 3


_SCRIPT = """
local counter, thread = 0, 0
function setup(t) counter = counter + 1; t:set("thread", counter) end
function init() sent = 0; math.randomseed(os.time() + thread) ; base = math.random(1, 2^30) end
function request()
  sent = sent + 1
  local id = (base * 4 + thread) * 2^20 + sent
  local chat = 100 + sent % 500
  local body = string.format('{"update_id":%d,"message":{"message_id":%d,"date":1763700000,' ..
    '"chat":{"id":%d,"type":"private","first_name":"Ana"},' ..
    '"from":{"id":%d,"is_bot":false,"first_name":"Ana","language_code":"en"},"text":"toki! %d"}}', id, sent, chat, chat, sent)
  return wrk.format("POST", "/telegram", {["Content-Type"]="application/json",
    ["X-Telegram-Bot-Api-Secret-Token"]="SECRET"}, body)
end
"""


def run() -> list[Row]:
    return asyncio.run(measure())


async def measure() -> list[Row]:
    if shutil.which("wrk") is None:
        return [Row(name="webhook: left out, the load generator wrk is not installed", value=0)]
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(stage())
        api = await stack.enter_async_context(FakeTelegram())
        servers = {
            name: await stack.enter_async_context(_server(name, settings, api.url))
            for name in ("sona", "floor", "telegram-bot")
        }
        rows: list[Row] = []
        for connections, needed in ((32, 1.0), (256, 1.6)):
            best = dict.fromkeys(servers, 0.0)
            for _ in range(ROUNDS):
                for name, port in servers.items():
                    before = await _kept(settings)
                    rate, answered = await _load(port, connections)
                    best[name] = max(best[name], rate)
                    if name == "sona":
                        kept = await _kept(settings) - before
                        assert kept >= answered, f"{answered} answered, {kept} kept"
            about = f"webhook kept, {connections} connections"
            rows.append(
                beside(f"{about}, against aiohttp + INSERT", best["sona"], best["floor"], unit="/s", at_least=needed)
            )
            rows.append(
                beside(
                    f"{about}, against python-telegram-bot", best["sona"], best["telegram-bot"], unit="/s", at_least=1.0
                )
            )
        return rows


@asynccontextmanager
async def _server(name: str, settings: Settings, api: str) -> AsyncGenerator[int]:
    port = free_port("127.0.0.1", 0)
    env = environment(
        settings,
        SONA_PORT=str(port),
        SONA_PUBLIC_URL="https://bench.example",
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_WEBHOOK_SECRET=SECRET,
        TELEGRAM_API_URL=api,
    )
    arguments = ("workers", "web") if name == "sona" else ("bench.peers", name, str(port))
    async with process(env, *arguments):
        await answers(f"http://127.0.0.1:{port}/")
        yield port


async def _load(port: int, connections: int) -> tuple[float, int]:
    """Requests a second and answers in all; every one has to be a 200."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.replace("SECRET", SECRET))
        script.flush()
        child = await asyncio.create_subprocess_exec(
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{SECONDS}",
            "-s",
            script.name,
            f"http://127.0.0.1:{port}",
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await child.communicate()
    words = said.decode()
    assert "Non-2xx" not in words, words
    return float(_found(r"Requests/sec:\s+([\d.]+)", words)), int(_found(r"(\d+) requests in", words))


def _found(pattern: str, words: str) -> str:
    match = re.search(pattern, words)
    assert match, words
    return match[1]


async def _kept(settings: Settings) -> int:
    database = Database(settings.database_url, pool=1)
    try:
        return int((await database.run(text("SELECT count(*) AS n FROM events"), {}))[0].n)
    finally:
        await database.close()
