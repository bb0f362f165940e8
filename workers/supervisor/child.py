"""One program kept running: started again when it ends, and stopped for good when asked."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic

from workers.supervisor.process_record import ProcessRecord
from workers.supervisor.program import Program, start

PrintLine = Callable[[str, str], None]

# A line longer than this is printed in pieces.
_MAX_LINE_BYTES = 65536
# A program that ran this long is started again as if it had never failed.
_STABLE_SECONDS = 30.0


def backoff(first: float = 0.5, longest: float = 30.0) -> Iterator[float]:
    """Seconds to wait before each next try."""
    delay = first
    while True:
        yield delay
        delay = min(delay * 2, longest)


class Child:
    """A program and its present process. `say(name, line)` hears its output and what happens to it."""

    def __init__(
        self,
        program: Program,
        *,
        record: ProcessRecord,
        print_line: PrintLine,
        backoff: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        self.program = program
        self._record = record
        self._print_line = print_line
        self._backoff = backoff
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._output_reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running process, `None` between two tries."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def status(self) -> int | None:
        """How the last process ended; `None` while it runs."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start it and keep it running. Raises `OSError` when it cannot even be started."""
        await self._launch()
        self._keeper = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask it to end, and end it and all of its group when it has not within its grace time."""
        self._stopping.set()
        if self._keeper is None:
            return
        self._signal(self.program.stop_signal)
        done, _ = await asyncio.wait([self._keeper], timeout=self.program.grace)
        if not done:
            self._print_line(self.program.name, f"has not stopped after {self.program.grace:g} s and is ended")
            self.kill()
            done, _ = await asyncio.wait([self._keeper], timeout=5)
        if not done:
            self._signal_group(signal.SIGKILL)
            await asyncio.wait([self._keeper], timeout=5)

    def kill(self) -> None:
        """End it at once."""
        self._stopping.set()
        if self.program.kill_signal is signal.SIGKILL:
            self._signal_group(signal.SIGKILL)
        else:
            self._signal(self.program.kill_signal)

    async def _keep_running(self) -> None:
        delays, began = self._backoff(), monotonic()
        while True:
            await self._wait()
            if self._stopping.is_set():
                return
            if monotonic() - began > _STABLE_SECONDS:
                delays = self._backoff()
            delay = next(delays)
            self._print_line(self.program.name, f"ended ({self._exit_reason()}), starts again in {delay:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
                return
            began = monotonic()
            with suppress(OSError):
                await self._launch()

    async def _launch(self) -> None:
        if self.program.log is not None:
            with self.program.log.open("ab") as log:
                process = await start(self.program, log.fileno())
        else:
            process = await self._launch_with_pipe()
        self._process = process
        self._record.add(
            self.program.name, process.pid, stop_signal=self.program.stop_signal, kill_signal=self.program.kill_signal
        )

    async def _launch_with_pipe(self) -> asyncio.subprocess.Process:
        """With a pipe of our own: asyncio's would hold back the news of its end while grandchildren keep it open."""
        read_end, write_end = os.pipe()
        try:
            process = await start(self.program, write_end)
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self._output_reader = asyncio.create_task(self._read_output(read_end))
        return process

    async def _wait(self) -> None:
        if self._process is None:
            return
        await self._process.wait()
        self._signal_group(signal.SIGKILL)
        self._record.remove(self.program.name)
        if self._output_reader:
            await asyncio.wait([self._output_reader], timeout=1)
            self._output_reader.cancel()

    async def _read_output(self, read_end: int) -> None:
        stream = asyncio.StreamReader(limit=_MAX_LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(read_end, "rb", buffering=0)
        )
        rest = b""
        try:
            while piece := await stream.read(_MAX_LINE_BYTES):
                *lines, rest = (rest + piece).split(b"\n")
                lines, rest = ([*lines, rest], b"") if len(rest) > _MAX_LINE_BYTES else (lines, rest)
                self._print_lines(lines)
        finally:
            self._print_lines([rest] if rest else [])
            transport.close()

    def _print_lines(self, lines: list[bytes]) -> None:
        for line in lines:
            self._print_line(self.program.name, line.decode(errors="replace").rstrip("\r"))

    def _signal(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _signal_group(self, number: signal.Signals) -> None:
        """Signal all that the process started in its session, which outlives the process itself."""
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _exit_reason(self) -> str:
        status = self.status
        if status is None or status >= 0:
            return f"status {status}"
        return f"by {signal.Signals(-status).name}"
