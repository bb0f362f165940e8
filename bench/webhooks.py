"""Telegram webhooks: how many updates a server process verifies, parses and stores per second."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from bench.environment import embedded_servers, environment, process, stored_events, wait_until_ready
from bench.placement import on_load_core
from bench.report import Entry, Row, against_peer
from bench.webhook_peers import SECRET
from bench.wrk import run_wrk, skipped_without_wrk
from tests.fakes.telegram import TOKEN, FakeTelegram
from workers.processes.up import free_port
from workers.settings import Settings

SECONDS = 6
ROUNDS = 3
SERVERS = ("sona", "floor", "telegram-bot")
# By number of connections, the least ratio to the floor: batched inserts pay off when many requests wait.
CONNECTIONS = {32: 1.0, 256: 1.6}

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
""".replace("SECRET", SECRET)


def run() -> list[Entry]:
    if skipped := skipped_without_wrk("Telegram webhooks per second"):
        return [*skipped]
    return asyncio.run(_measure())


async def _measure() -> list[Entry]:
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(embedded_servers())
        stack.enter_context(on_load_core())
        api = await stack.enter_async_context(FakeTelegram())
        ports = {name: await stack.enter_async_context(_server(name, settings, api.url)) for name in SERVERS}
        rows: list[Entry] = []
        for connections, needed in CONNECTIONS.items():
            rows += _rows(connections, await _best(settings, ports, connections), needed)
        return rows


async def _best(settings: Settings, ports: dict[str, int], connections: int) -> dict[str, float]:
    """Each server's best rate of a few rounds, in which they take turns."""
    best = dict.fromkeys(ports, 0.0)
    for _ in range(ROUNDS):
        for name, port in ports.items():
            before = await stored_events(settings)
            found = await run_wrk(port, connections=connections, seconds=SECONDS, script=_SCRIPT)
            best[name] = max(best[name], found.rate)
            if name == "sona":
                stored = await stored_events(settings) - before
                assert stored >= found.answered, f"{found.answered} acknowledged, {stored} stored"
    return best


def _rows(connections: int, best: dict[str, float], needed: float) -> list[Row]:
    key, name = f"webhooks.{connections}", f"Telegram webhooks stored, {connections} connections, against"
    return [
        against_peer(f"{key}.floor", f"{name} aiohttp + INSERT", best["sona"], best["floor"], at_least=needed),
        against_peer(
            f"{key}.telegram-bot", f"{name} python-telegram-bot", best["sona"], best["telegram-bot"], at_least=1.0
        ),
    ]


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
    arguments = ("workers", "web") if name == "sona" else ("bench.webhook_peers", name, str(port))
    async with process(env, *arguments):
        await wait_until_ready(f"http://127.0.0.1:{port}/")
        yield port
