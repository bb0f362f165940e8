"""Signed webhooks of Slack, Twilio and Discord: how many are verified, parsed and kept in a second, and how steadily."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import text

from bench.calls import DISCORD_KEY, PUBLIC_URL, SLACK_SECRET, TWILIO_TOKEN, many
from bench.environment import answers, environment, process, stage
from bench.report import Row, beside
from bench.steady import steady
from storage.engine.database import Database
from tests.fakes.discord import FakeDiscord
from tests.fakes.slack import TOKEN, FakeSlack
from workers.processes.up import free_port
from workers.settings import Settings

SECONDS = 5
ROUNDS = 3
CONNECTIONS = 32
MOST = 12_000
"""Calls made ready for a second: more than any server here takes."""

_SCRIPT = """
local calls, at = {}, 0
function init()
  local file = io.open("FILE", "rb")
  for call in file:read("*a"):gmatch("[^%z]+") do calls[#calls + 1] = call end
end
function request() at = at + 1; return calls[at] end
"""
# What each is held against, and what it has to reach; Bolt's default acknowledges before anything is kept.
PEERS: Mapping[str, Mapping[tuple[str, str], float | None]] = {
    "slack": {("bolt", "early"): 1.5, ("bolt", "durable"): 1.5, ("floor", "slack"): None},
    "sms": {("floor", "sms"): 0.8},
    "discord": {("floor", "discord"): 0.8},
}


def run() -> list[Row]:
    return asyncio.run(measure())


async def measure() -> list[Row]:
    if shutil.which("wrk") is None:
        return [Row(name="signed webhooks: left out, the load generator wrk is not installed", value=0)]
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(stage())
        slack = await stack.enter_async_context(FakeSlack())
        discord = await stack.enter_async_context(FakeDiscord())
        env = _environment(settings, slack.url + "/api/", discord)
        sona = await stack.enter_async_context(_server(env, "workers", "web"))
        rows: list[Row] = []
        for platform in PEERS:
            rows += await _platform(platform, settings, env, sona)
        return [*rows, *await steady(settings, sona)]


async def _platform(platform: str, settings: Settings, env: Mapping[str, str], sona: int) -> list[Row]:
    peers = PEERS[platform]
    async with AsyncExitStack() as stack:
        ports = {peer: await stack.enter_async_context(_server(env, "bench.signed_peers", *peer)) for peer in peers}
        ours, theirs = 0.0, dict.fromkeys(peers, 0.0)
        for _ in range(ROUNDS):
            before = await kept(settings)
            rate, answered = await _load(platform, sona)
            found = await kept(settings) - before
            assert found >= answered, f"{answered} answered, {found} kept"
            ours = max(ours, rate)
            for peer, port in ports.items():
                theirs[peer] = max(theirs[peer], (await _load(platform, port))[0])
    about = f"{platform} kept, {CONNECTIONS} connections, against"
    return [
        beside(f"{about} {' '.join(peer)}", ours, theirs[peer], unit="/s", at_least=needed)
        for peer, needed in peers.items()
    ]


def _environment(settings: Settings, slack_api: str, discord: FakeDiscord) -> dict[str, str]:
    return environment(
        settings,
        SONA_PUBLIC_URL=PUBLIC_URL,
        SLACK_BOT_TOKEN=TOKEN,
        SLACK_SIGNING_SECRET=SLACK_SECRET,
        SLACK_API_URL=slack_api,
        TWILIO_ACCOUNT_SID="AC" + "0" * 31 + "1",
        TWILIO_AUTH_TOKEN=TWILIO_TOKEN,
        TWILIO_PHONE_NUMBER="+15550009999",
        TWILIO_API_URL="http://127.0.0.1:9",
        DISCORD_BOT_TOKEN=discord.token,
        DISCORD_APPLICATION_ID="900",
        DISCORD_PUBLIC_KEY=DISCORD_KEY.verify_key.encode().hex(),
        DISCORD_API_URL=discord.url,
    )


@asynccontextmanager
async def _server(env: Mapping[str, str], *arguments: str) -> AsyncGenerator[int]:
    port = free_port("127.0.0.1", 0)
    more = () if arguments[0] == "workers" else (str(port),)
    async with process({**env, "SONA_PORT": str(port)}, *arguments, *more):
        await answers(f"http://127.0.0.1:{port}/")
        yield port


async def _load(platform: str, port: int) -> tuple[float, int]:
    """Requests a second and answers in all; every one has to be a 200 to a call of its own."""
    with tempfile.TemporaryDirectory() as folder:
        calls, script = Path(folder) / "calls", Path(folder) / "script.lua"
        calls.write_bytes(b"\0".join(call.raw() for call in many(platform, MOST * SECONDS)))
        script.write_text(_SCRIPT.replace("FILE", str(calls)))
        address = f"http://127.0.0.1:{port}"
        child = await asyncio.create_subprocess_exec(
            *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "-s", str(script), address),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await child.communicate()
    words = said.decode()
    assert "Non-2xx" not in words, words
    answered = int(_found(r"(\d+) requests in", words))
    assert answered < MOST * SECONDS, "more calls have to be made ready"
    return float(_found(r"Requests/sec:\s+([\d.]+)", words)), answered


def _found(pattern: str, words: str) -> str:
    match = re.search(pattern, words)
    assert match, words
    return match[1]


async def kept(settings: Settings) -> int:
    """How many events the letterbox holds."""
    database = Database(settings.database_url, pool=1)
    try:
        return int((await database.run(text("SELECT count(*) AS n FROM events"), {}))[0].n)
    finally:
        await database.close()
