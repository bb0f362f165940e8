"""Stop signs between processes."""

import asyncio
import contextlib
from collections.abc import Generator

from core.address import Address
from storage.valkey.pubsub import PubSub, SignalsMissed

_CHANNEL = "sona:stop"


class StopSignals:
    """Who runs a turn waits here; who stops one calls `send`, from any process."""

    def __init__(self, pubsub: PubSub) -> None:
        self._radio = pubsub
        self._waiting: dict[Address, tuple[asyncio.Event, asyncio.Event]] = {}

    async def send(self, address: Address) -> None:
        """Tell every worker; who runs a turn looks for a sign that was lost while Valkey was away."""
        await self._radio.publish(_CHANNEL, str(address).encode())

    @contextlib.contextmanager
    def __call__(self, address: Address, doubt: asyncio.Event) -> Generator[asyncio.Event]:
        """The event that is set when this conversation is stopped; one turn at a time waits for it.

        `doubt` is set each time that a sign may have been missed.
        """
        pair = self._waiting[address] = (asyncio.Event(), doubt)
        try:
            yield pair[0]
        finally:
            if self._waiting.get(address) is pair:
                del self._waiting[address]

    async def listen(self) -> None:
        """Hear stop signs until cancelled."""
        async with self._radio.subscribe(_CHANNEL) as signs:
            while True:
                self._hear(await signs.get())

    def _hear(self, sign: bytes | SignalsMissed) -> None:
        if isinstance(sign, SignalsMissed):
            for _, doubt in self._waiting.values():
                doubt.set()
        elif pair := self._waiting.get(Address.parse(sign.decode())):
            pair[0].set()
