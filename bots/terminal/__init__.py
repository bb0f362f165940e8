"""Sona in the terminal: the same street, with lines of text at its end."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import TextIO

from rich.console import Console

from bots.terminal.channel import NAME, TerminalChannel
from bots.terminal.read_lines import prompted, read
from bots.terminal.save_file import saving
from bots.terminal.screen import PlainScreen, RichScreen, Screen
from bots.terminal.session import TerminalSession
from core.address import Address
from core.clock import Clock
from core.event import Event, Sender
from core.ports.blobs import Blobs
from core.ports.feed import Feed

__all__ = ["PlainScreen", "RichScreen", "Screen", "TerminalChannel", "TerminalSession", "prompted", "read", "talk"]


async def talk(
    *,
    feed: Feed,
    blobs: Blobs,
    receive: Callable[[Event], Awaitable[object]],
    idle: Callable[[Address], Awaitable[bool]],
    clock: Clock,
    name: str,
    course: str = "",
    locale: str = "",
    source: TextIO | None = None,
    out: TextIO | None = None,
) -> None:
    """Talk on standard input and output, or on those given, until the input ends and all is answered.

    `idle` is true when no event and no parcel of the address waits. On a screen the conversation is opened, with
    `course` as the payload; from a pipe that happens only where there is a course. Ctrl-C stops what is running,
    or ends the talk. Files that are sent are put down in the working folder.
    """
    address = Address(NAME, name)
    screen, lines, opens = _ends(source or sys.stdin, out or sys.stdout)
    session = TerminalSession(
        address=address,
        sender=Sender(id=name, name=name, locale=locale),
        feed=feed,
        receive=receive,
        idle=lambda: idle(address),
        clock=clock,
        screen=screen,
        save=saving(blobs, Path.cwd()),
    )
    running = asyncio.create_task(session.run(read(lines), start=course if opens or course else None))
    with _interrupts(session, running), contextlib.suppress(asyncio.CancelledError):
        await running


def _ends(source: TextIO, out: TextIO) -> tuple[Screen, Callable[[], str], bool]:
    """The screen, where lines come from, and whether a person sits there."""
    if source.isatty() and out.isatty():
        console = Console(file=out)
        return RichScreen(console), prompted(lambda: console.input("[bold green]›[/] ")), True
    return PlainScreen(out), source.readline, False


@contextlib.contextmanager
def _interrupts(session: TerminalSession, running: "asyncio.Task[None]") -> Generator[None]:
    loop = asyncio.get_running_loop()
    stops: set[asyncio.Task[None]] = set()

    def interrupt() -> None:
        if session.working and not session.stopping:
            stops.add(loop.create_task(session.stop()))
        else:
            running.cancel()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
