"""`sona gateway NAME`: receive events from a platform that does not call webhooks."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import uvloop

from core.channel import Gateway, ReceiveEvent
from core.errors import Malformed
from workers import logs
from workers.compose import assembly
from workers.compose.channels import ConnectedPlatform
from workers.processes.announce import announce
from workers.settings import Settings


def run(settings: Settings, name: str) -> None:
    """Receive events until SIGTERM. Raises `Malformed` when the gateway does not exist or is switched off."""
    logs.set_up()
    uvloop.run(serve(settings, name))


async def serve(settings: Settings, name: str) -> None:
    async with assembly.ingress(settings) as ingress:
        platform = ingress.platforms.get(name)
        if platform is None or platform.gateway is None:
            raise Malformed(f"the gateway {name!r} does not exist or is switched off")
        listening = asyncio.ensure_future(listen_and_announce(platform, platform.gateway, ingress.accept))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listening.cancel)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, listening.cancel)
        try:
            await listening
        except asyncio.CancelledError:
            return


async def listen_and_announce(
    platform: ConnectedPlatform,
    gateway: Gateway,
    receive: ReceiveEvent,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Listen until cancelled; announce our commands concurrently, so that events are not delayed."""
    announcing = asyncio.create_task(announce(platform, sleep=sleep))
    try:
        await gateway.listen(receive)
    finally:
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)
