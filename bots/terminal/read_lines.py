"""Lines as they are typed or piped in, read in a thread so that nothing else waits for them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable


async def read(readline: Callable[[], str]) -> AsyncIterator[str]:
    """Lines until `readline` gives an empty string or raises `EOFError`. One is read only when it is asked for.

    The thread is a daemon: a person who never presses Enter keeps no process alive.
    """
    loop = asyncio.get_running_loop()
    while True:
        answer: asyncio.Future[str] = loop.create_future()
        threading.Thread(target=_one, args=(readline, loop, answer), daemon=True, name="terminal").start()
        line = await answer
        if not line:
            return
        yield line


def _one(readline: Callable[[], str], loop: asyncio.AbstractEventLoop, answer: asyncio.Future[str]) -> None:
    try:
        line = readline()
    except (EOFError, KeyboardInterrupt, ValueError, OSError):
        line = ""
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, answer, line)


def _settle(answer: asyncio.Future[str], line: str) -> None:
    if not answer.done():
        answer.set_result(line)


def prompted(ask: Callable[[], str]) -> Callable[[], str]:
    """A reader for a prompt like `input`, whose lines have no newline: an empty line is a line, not the end."""
    return lambda: ask() + "\n"
