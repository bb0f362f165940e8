"""Peers of the signed webhooks: minimal servers that verify and store, and Slack's framework Bolt doing the same."""

import asyncio
import hmac
import json
import os
import sys
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import parse_qsl

import uvloop
from aiohttp import web
from nacl.exceptions import BadSignatureError
from psycopg_pool import AsyncConnectionPool

from bench.signed_requests import DISCORD_KEY, PUBLIC_URL, SLACK_SECRET, TWILIO_TOKEN

_INSERT = "INSERT INTO signed_events VALUES (%s, %s) ON CONFLICT DO NOTHING"
Pool = AsyncConnectionPool[Any]
Verify = Callable[[web.Request, bytes], tuple[str, str] | None]


async def _pool() -> Pool:
    pool: Pool = AsyncConnectionPool(
        os.environ["SONA_DATABASE_URL"], min_size=8, max_size=8, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    async with pool.connection() as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS signed_events (id text PRIMARY KEY, payload jsonb)")
    return pool


def _verify_slack(request: web.Request, body: bytes) -> tuple[str, str] | None:
    stamp = request.headers["X-Slack-Request-Timestamp"]
    expected = hmac.new(SLACK_SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    if abs(time.time() - int(stamp)) > 300 or not hmac.compare_digest(
        request.headers["X-Slack-Signature"], f"v0={expected}"
    ):
        return None
    return json.loads(body)["event_id"], body.decode()


def _verify_sms(request: web.Request, body: bytes) -> tuple[str, str] | None:
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signed = f"{PUBLIC_URL}{request.raw_path}" + "".join(name + value for name, value in sorted(fields.items()))
    expected = b64encode(hmac.digest(TWILIO_TOKEN.encode(), signed.encode(), sha1)).decode()
    if not hmac.compare_digest(request.headers["X-Twilio-Signature"], expected):
        return None
    return fields["MessageSid"], json.dumps(fields)


def _verify_discord(request: web.Request, body: bytes) -> tuple[str, str] | None:
    signed = request.headers["X-Signature-Timestamp"].encode() + body
    try:
        DISCORD_KEY.verify_key.verify(signed, bytes.fromhex(request.headers["X-Signature-Ed25519"]))
    except BadSignatureError:
        return None
    return json.loads(body)["id"], body.decode()


PLATFORMS: dict[str, tuple[Verify, bytes]] = {
    "slack": (_verify_slack, b""),
    "sms": (_verify_sms, b""),
    "discord": (_verify_discord, b'{"type":5}'),
}


async def floor(platform: str, port: int) -> None:
    """aiohttp and uvloop: verify the signature, parse, one INSERT with its own commit from a pool, 200."""
    pool = await _pool()
    verify, answer = PLATFORMS[platform]

    async def receive(request: web.Request) -> web.Response:
        found = verify(request, await request.read())
        if found is None:
            return web.Response(status=401)
        async with pool.connection() as connection:
            await connection.execute(_INSERT, found)
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.router.add_post(f"/{platform}", receive)
    await _serve(app, port)


async def bolt(platform: str, port: int) -> None:
    """Slack's framework with one INSERT in its listener.

    `early`, its default, acknowledges before the listener runs; `durable` acknowledges after it.
    """
    from slack_bolt.async_app import AsyncApp

    pool = await _pool()
    app = AsyncApp(
        signing_secret=SLACK_SECRET,
        client=_client(),
        process_before_response=platform == "durable",
    )

    @app.event("message")
    async def receive(body: dict[str, Any]) -> None:  # pyright: ignore[reportUnusedFunction] - Bolt calls it
        async with pool.connection() as connection:
            await connection.execute(_INSERT, (body["event_id"], json.dumps(body)))

    await _serve(app.web_app(path="/slack"), port)


def _client() -> Any:
    from slack_sdk.web.async_client import AsyncWebClient

    # Bolt warns when it finds the variable beside a client.
    return AsyncWebClient(token=os.environ.pop("SLACK_BOT_TOKEN"), base_url=os.environ["SLACK_API_URL"])


async def _serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


KINDS: dict[str, Callable[[str, int], Awaitable[None]]] = {"floor": floor, "bolt": bolt}


if __name__ == "__main__":
    uvloop.run(KINDS[sys.argv[1]](sys.argv[2], int(sys.argv[3])))  # pyright: ignore[reportArgumentType] - both are coroutines
