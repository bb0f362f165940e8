"""The web process alone: the real web chat over the real feed; events go into a Valkey list for the scripted tutor."""

import sys

import redis.asyncio as redis
from aiohttp import web

from bots.web import connect, mount
from core.clock import SystemClock
from core.event import Event
from core.media import Audio
from core.wire import dump_event
from storage.engine.database import Database
from storage.messaging.blobs import PostgresBlobs
from storage.messaging.feed import PostgresFeed
from storage.valkey.pubsub import PubSub
from tests.browser.model_server import INBOX

SECRET = b"a secret only for tests"


async def _convert(audio: Audio, mime: str) -> Audio:
    """Most tests need none of it, and each starts this process anew."""
    from core.providers.audio.codec import convert

    return await convert(audio, mime)


async def build(database_url: str, redis_url: str) -> web.Application:
    database, pubsub, clock = Database(database_url), PubSub(redis_url), SystemClock()
    client = redis.Redis.from_url(redis_url)
    feed = PostgresFeed(database=database, pubsub=pubsub, clock=clock, poll=2.0)

    async def receive(event: Event) -> None:
        if await client.set(f"brain:seen:{event.id}", 1, nx=True):
            await client.rpush(INBOX, dump_event(event))

    async def close(_: web.Application) -> None:
        await feed.close()
        await pubsub.close()
        await client.aclose()
        await database.close()

    app = web.Application()
    channel = connect(
        feed=feed,
        blobs=PostgresBlobs(database=database, clock=clock),
        receive=receive,
        clock=clock,
        secret=SECRET,
        convert=_convert,
    )
    mount(app, channel)
    app.on_cleanup.append(close)
    return app


if __name__ == "__main__":
    web.run_app(build(sys.argv[1], sys.argv[2]), host="127.0.0.1", port=int(sys.argv[3]), print=None)
