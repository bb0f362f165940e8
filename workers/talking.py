"""`sona chat`: a person at the terminal, or a pipe, at the same door as everybody else."""

import asyncio
import locale
import signal
import sys
from functools import partial

from rich.console import Console

from bots.terminal import PlainScreen, RichScreen, Talk, prompted, read
from core.address import Address
from core.event import Sender
from core.phrases import known
from workers.desk import Desk


async def talk(at: Desk, *, name: str, course: str) -> None:
    """Until input ends and all is answered. On a terminal Ctrl-C stops the answer that is coming, Ctrl-D ends."""
    alone = sys.stdin.isatty() and sys.stdout.isatty()
    address = Address("terminal", name)
    speaking = Talk(
        address=address,
        sender=Sender(id=name, name=name, locale=_language()),
        feed=at.feed,
        receive=at.receive,
        idle=partial(at.idle, address),
        clock=at.clock,
        screen=RichScreen(Console()) if alone else PlainScreen(sys.stdout),
    )
    new = not await at.feed.since(address, -1, 1)
    start = f"course-{course}" if course else "" if alone and new else None
    if not alone:
        await speaking.run(read(sys.stdin.readline), start=start)
        return
    stops: set[asyncio.Task[None]] = set()
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGINT, lambda: stops.add(asyncio.ensure_future(speaking.stop()))
    )
    await speaking.run(read(prompted(lambda: input("› "))), start=start)


def _language() -> str:
    return known((locale.getlocale()[0] or "en").replace("_", "-"))
