"""Peers of the Telegram webhook: a minimal server that verifies and stores, and python-telegram-bot."""

import asyncio
import json
import os
import sys
from typing import Any

import uvloop
from aiohttp import web
from psycopg_pool import AsyncConnectionPool

SECRET = "bench-secret"
_HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def floor(port: int) -> None:
    """aiohttp and uvloop: compare the secret, parse the JSON, one INSERT with its own commit from a pool, 200."""
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        os.environ["SONA_DATABASE_URL"], min_size=8, max_size=8, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    async with pool.connection() as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS floor_events (id text PRIMARY KEY, payload jsonb)")

    async def receive(request: web.Request) -> web.Response:
        if request.headers.get(_HEADER) != SECRET:
            return web.Response(status=401)
        body = await request.read()
        update = json.loads(body)
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO floor_events VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (f"telegram:{update['update_id']}", body.decode()),
            )
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


async def telegram_bot(port: int) -> None:
    """python-telegram-bot's own webhook server with a handler that does nothing; it stores nothing."""
    from telegram import Update
    from telegram.ext import Application, MessageHandler, filters

    async def handle(update: Update, _: Any) -> None:
        return None

    app = (
        Application.builder()
        .token(os.environ["TELEGRAM_BOT_TOKEN"])
        .base_url(os.environ["TELEGRAM_API_URL"] + "/bot")
        .concurrent_updates(True)
        .build()
    )
    app.add_handler(MessageHandler(filters.ALL, handle))
    await app.initialize()
    await app.start()
    assert app.updater is not None
    await app.updater.start_webhook(
        listen="127.0.0.1",
        port=port,
        url_path="telegram",
        webhook_url="https://bench.example/telegram",
        secret_token=SECRET,
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run({"floor": floor, "telegram-bot": telegram_bot}[sys.argv[1]](int(sys.argv[2])))
