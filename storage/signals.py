"""Stop signs between processes."""

import asyncio
import contextlib
from collections.abc import Generator

from core.address import Address
from storage.radio import Radio

_CHANNEL = "sona:stop"


class StopSigns:
    """Who runs a turn waits here; who stops one calls `send`, from any process."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self._waiting: dict[Address, asyncio.Event] = {}

    async def send(self, address: Address) -> None:
        """Tell every worker; a sign lost while Valkey is away is only a stop that comes too late."""
        await self._radio.publish(_CHANNEL, str(address).encode())

    @contextlib.contextmanager
    def __call__(self, address: Address) -> Generator[asyncio.Event]:
        """The event that is set when this conversation is stopped; one turn at a time waits for it."""
        event = self._waiting[address] = asyncio.Event()
        try:
            yield event
        finally:
            if self._waiting.get(address) is event:
                del self._waiting[address]

    async def listen(self) -> None:
        """Hear stop signs until cancelled."""
        async with self._radio.tuned(_CHANNEL) as signs:
            while True:
                sign = await signs.get()
                if isinstance(sign, bytes):
                    self._hear(sign)

    def _hear(self, sign: bytes) -> None:
        event = self._waiting.get(Address.parse(sign.decode()))
        if event is not None:
            event.set()
