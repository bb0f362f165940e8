"""One program kept running: restarted when it exits, until it is asked to stop."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic

from workers.supervisor.process_record import ProcessRecord
from workers.supervisor.program import Program, start

PrintLine = Callable[[str, str], None]
"""Print one line of output: `(program name, line)`."""

_MAX_LINE_BYTES = 65536
"""Longer lines are printed in parts."""
_STABLE_SECONDS = 30.0
"""A program that ran this long restarts with the shortest delay again."""


def backoff(first: float = 0.5, longest: float = 30.0) -> Iterator[float]:
    """Yield the seconds to wait before each restart, doubling from `first` up to `longest`."""
    delay = first
    while True:
        yield delay
        delay = min(delay * 2, longest)


class Child:
    """A program and its current process; `print_line` receives its output, exits and restarts."""

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
        """Id of the running process, `None` between an exit and the restart."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def status(self) -> int | None:
        """Exit status of the last process as `subprocess` reports it; `None` while it runs."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the program and keep it running. Raises `OSError` when the first start fails."""
        await self._launch()
        self._keeper = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Ask the program to exit; kill it and its process group after its grace time."""
        self._stopping.set()
        if self._keeper is None:
            return
        self._signal(self.program.stop_signal)
        done, _ = await asyncio.wait([self._keeper], timeout=self.program.grace)
        if not done:
            self._print_line(self.program.name, f"did not stop within {self.program.grace:g} s; killing it")
            self.kill()
            done, _ = await asyncio.wait([self._keeper], timeout=5)
        if not done:
            self._signal_group(signal.SIGKILL)
            await asyncio.wait([self._keeper], timeout=5)

    def kill(self) -> None:
        """Kill the program without waiting."""
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
            self._print_line(self.program.name, f"exited ({self._exit_reason()}), restarting in {delay:g} s")
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
        """Start with our own pipe: asyncio's would delay the exit while grandchildren keep it open."""
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
        """Signal the process group, which may outlive the process itself."""
        if self._process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _exit_reason(self) -> str:
        status = self.status
        if status is None or status >= 0:
            return f"status {status}"
        return f"killed by {signal.Signals(-status).name}"
