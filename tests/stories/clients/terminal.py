"""A person at the terminal: lines typed into the real session, and what it prints."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

from bots.terminal import PlainScreen, TerminalSession
from bots.terminal.save_file import saving
from core.address import Address
from core.event import Event, Sender
from core.reply import Choice
from workers.compose.assembly import Ingress


class Screen(PlainScreen):
    """A plain screen that remembers what passed over it while answers were written."""

    def __init__(self, out: io.StringIO) -> None:
        super().__init__(out)
        self.drafts: list[str] = []
        self.changed = asyncio.Event()

    def busy(self, status: str, draft: str) -> None:
        self.changed.set()
        if draft:
            self.drafts.append(draft)


class TerminalPhone:
    """Lines are typed as soon as the session asks for them, or ahead of it."""

    def __init__(self, ingress: Ingress, name: str, locale: str, folder: Path) -> None:
        self.address = Address("terminal", name)
        self._door = ingress
        self._folder = folder
        self._out = io.StringIO()
        self._screen = Screen(self._out)
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._taken = asyncio.Condition()
        self._asked = 0
        self._typed = 0
        self._expected = 0
        self._received = 0
        self.session = TerminalSession(
            address=self.address,
            sender=Sender(id=name, name=name, locale=locale),
            feed=ingress.stores.feed,
            receive=self._receive,
            idle=lambda: ingress.stores.sweep.idle(self.address),
            clock=ingress.stores.clock,
            screen=self._screen,
            save=saving(ingress.stores.blobs, folder),
            pause=0.01,
        )

    async def open(self) -> None:
        self._folder.mkdir()
        self._running = asyncio.create_task(self.session.run(self._read()))

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def says(self, text: str) -> None:
        """A line; the session hands it in after everything before it is answered."""
        self._typed += 1
        self._expected += 1
        await self._lines.put(text)
        async with asyncio.timeout(10), self._taken:
            await self._taken.wait_for(lambda: self._received == self._expected)

    async def greets(self) -> None:
        await self.says("/start")

    async def stops(self) -> None:
        await self.interrupts("")

    async def writes_answer(self, words: str, receipt: str) -> None:
        await self.says(words)

    def asked(self, receipt: str) -> str:
        return "list" if self.session.of == receipt and self.session.options else "words"

    async def file(self, receipt: str) -> bytes:
        (path,) = self._folder.iterdir()
        assert str(path) in self._out.getvalue()
        return path.read_bytes()

    async def taps(self, choice: Choice, receipt: str) -> None:
        number = [option.value for option in self.session.options].index(choice.value) + 1
        await self.says(str(number))

    async def speaks(self, sound: bytes) -> None:
        raise NotImplementedError("a terminal has no microphone")

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        raise NotImplementedError("nothing is sent from a terminal")

    async def shown(self, receipt: str) -> list[str]:
        async with asyncio.timeout(10), self._taken:
            await self._taken.wait_for(lambda: self._asked > self._typed)
        return [self._out.getvalue()]

    async def sound(self, receipt: str) -> bytes:
        raise NotImplementedError("a terminal plays nothing")

    async def interrupts(self, words: str) -> None:
        """Ctrl-C: the line that is being answered takes no other."""
        self._expected += 1
        await self.session.stop()

    async def glances(self) -> None:
        await self._screen.changed.wait()
        self._screen.changed.clear()

    def drafts(self) -> list[str]:
        return self._screen.drafts

    async def _receive(self, event: Event) -> None:
        await self._door.accept(event)
        async with self._taken:
            self._received += 1
            self._taken.notify_all()

    async def _read(self) -> AsyncIterator[str]:
        while True:
            async with self._taken:
                self._asked += 1
                self._taken.notify_all()
            yield await self._lines.get()
