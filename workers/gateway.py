"""`sona gateway NAME`: listens to a platform that does not call us."""

import asyncio
import signal

import uvloop

from core.errors import Malformed
from workers import assembly, logs
from workers.settings import Settings


def run(settings: Settings, name: str) -> None:
    """Receive events until SIGTERM. Raises `Malformed` when there is no such gateway or it is switched off."""
    logs.set_up()
    uvloop.run(listen(settings, name))


async def listen(settings: Settings, name: str) -> None:
    async with assembly.door(settings) as door:
        platform = door.platforms.get(name)
        if platform is None or platform.gateway is None:
            raise Malformed(f"there is nothing to listen to by the name of {name!r}, or it is switched off")
        await platform.announce()
        listening = asyncio.ensure_future(platform.gateway.listen(door.take))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, listening.cancel)
        try:
            await listening
        except asyncio.CancelledError:
            return
