"""Stop signals between processes."""

import asyncio
import contextlib
from collections.abc import Generator

from core.address import Address
from storage.valkey.pubsub import PubSub, SignalsMissed

_CHANNEL = "sona:stop"


class StopSignals:
    """Broadcasts stop requests to all workers; `core.converse.StopListener` for the turns of this process."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub
        self._waiting: dict[Address, tuple[asyncio.Event, asyncio.Event]] = {}

    async def send(self, address: Address) -> None:
        """Broadcast a stop request. It may be lost; the turn polls the database for a stop it did not receive."""
        await self._pubsub.publish(_CHANNEL, str(address).encode())

    @contextlib.contextmanager
    def __call__(self, address: Address, doubt: asyncio.Event) -> Generator[asyncio.Event]:
        """The event that is set when this conversation is stopped; used by one turn at a time.

        `doubt` is set whenever a stop request may have been lost.
        """
        pair = self._waiting[address] = (asyncio.Event(), doubt)
        try:
            yield pair[0]
        finally:
            if self._waiting.get(address) is pair:
                del self._waiting[address]

    async def listen(self) -> None:
        """Dispatch stop requests until cancelled."""
        async with self._pubsub.subscribe(_CHANNEL) as signals:
            while True:
                self._dispatch(await signals.get())

    def _dispatch(self, signal: bytes | SignalsMissed) -> None:
        if isinstance(signal, SignalsMissed):
            for _, doubt in self._waiting.values():
                doubt.set()
        elif pair := self._waiting.get(Address.parse(signal.decode())):
            pair[0].set()
