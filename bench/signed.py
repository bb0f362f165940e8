"""Signed webhooks of Slack, Twilio and Discord: how many are verified, parsed and stored per second, and their latency."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.environment import embedded_servers, environment, process, stored_events, wait_until_ready
from bench.open_loop import open_loop
from bench.placement import on_load_core
from bench.report import Entry, Row, against_peer
from bench.signed_requests import DISCORD_KEY, PUBLIC_URL, SLACK_SECRET, TWILIO_TOKEN, signed_requests
from bench.wrk import WrkResult, run_wrk, skipped_without_wrk
from tests.fakes.discord import FakeDiscord
from tests.fakes.slack import TOKEN, FakeSlack
from workers.processes.up import free_port
from workers.settings import Settings

SECONDS = 5
ROUNDS = 3
CONNECTIONS = 32
# More requests per second than any server here answers.
PREPARED_PER_SECOND = 12_000

_SCRIPT = """
local requests, at = {}, 0
function init()
  local file = io.open("FILE", "rb")
  for request in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = request end
end
function request() at = at + 1; return requests[at] end
"""
# Each platform's peers with the least ratio; Bolt acknowledges before its listener stores by default ("early").
PEERS: Mapping[str, Mapping[tuple[str, str], float | None]] = {
    "slack": {("bolt", "early"): 1.5, ("bolt", "durable"): 1.5, ("floor", "slack"): None},
    "sms": {("floor", "sms"): 0.8},
    "discord": {("floor", "discord"): 0.8},
}


def run() -> list[Entry]:
    return asyncio.run(_measure())


async def _measure() -> list[Entry]:
    skipped = skipped_without_wrk("signed webhooks per second")
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(embedded_servers())
        stack.enter_context(on_load_core())
        slack = await stack.enter_async_context(FakeSlack())
        discord = await stack.enter_async_context(FakeDiscord())
        env = _environment(settings, slack.url + "/api/", discord)
        sona = await stack.enter_async_context(_server(env, "workers", "web"))
        entries: list[Entry] = [*skipped]
        for platform in () if skipped else PEERS:
            entries += await _platform(platform, settings, env, sona)
        return [*entries, *await open_loop(settings, sona)]


async def _platform(platform: str, settings: Settings, env: Mapping[str, str], sona: int) -> list[Row]:
    """Best rates of a few rounds, in which Sona and the platform's peers take turns."""
    peers = PEERS[platform]
    async with AsyncExitStack() as stack:
        ports = {peer: await stack.enter_async_context(_server(env, "bench.signed_peers", *peer)) for peer in peers}
        ours, theirs = 0.0, dict.fromkeys(peers, 0.0)
        for _ in range(ROUNDS):
            before = await stored_events(settings)
            found = await _load(platform, sona)
            stored = await stored_events(settings) - before
            assert stored >= found.answered, f"{found.answered} acknowledged, {stored} stored"
            ours = max(ours, found.rate)
            for peer, port in ports.items():
                theirs[peer] = max(theirs[peer], (await _load(platform, port)).rate)
    name = f"{platform} webhooks stored, {CONNECTIONS} connections, against"
    return [
        against_peer(f"signed.{platform}.{'-'.join(peer)}", f"{name} {' '.join(peer)}", ours, theirs[peer], at_least=r)
        for peer, r in peers.items()
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
        await wait_until_ready(f"http://127.0.0.1:{port}/")
        yield port


async def _load(platform: str, port: int) -> WrkResult:
    """Send each prepared request at most once, so that every answer stands for a new event."""
    prepared = PREPARED_PER_SECOND * SECONDS
    with tempfile.TemporaryDirectory(prefix="sona-bench-") as folder:
        path = Path(folder) / "requests"
        path.write_bytes(b"\0".join(request.raw() for request in signed_requests(platform, prepared)))
        script = _SCRIPT.replace("FILE", str(path))
        found = await run_wrk(port, connections=CONNECTIONS, seconds=SECONDS, script=script)
    assert found.answered < prepared, "the server answers more requests than are prepared"
    return found
