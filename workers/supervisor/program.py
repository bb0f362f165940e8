"""A program to run, and how it is started so that it does not outlive us."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.supervisor.embedded.account import Account

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to keep running.

    `stop` asks it to end, `last` ends it at once when it has not after `grace` seconds. Its output goes to the
    file `log`, or line by line to whoever started it.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    account: Account | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    grace: float = 10.0


async def start(program: Program, output: int) -> asyncio.subprocess.Process:
    """Start it in a session of its own, so that a terminal's Ctrl-C reaches us alone; on Linux it is told to stop when we die.

    `output` is the descriptor its words go to. Only from the main thread: Linux counts the death of the starting thread.
    """
    return await _spawn(program, output)


async def run(program: Program, *, stdin: str = "") -> tuple[int, str]:
    """Run it to its end with `words` as input, and return its status and what it said."""
    process = await _spawn(program, asyncio.subprocess.PIPE, asyncio.subprocess.PIPE)
    try:
        output, _ = await process.communicate(stdin.encode())
    except asyncio.CancelledError:
        process.kill()
        raise
    return process.returncode or 0, output.decode(errors="replace")


async def _spawn(program: Program, stdout: int, stdin: int = asyncio.subprocess.DEVNULL) -> asyncio.subprocess.Process:
    account = program.account
    return await asyncio.create_subprocess_exec(
        *program.argv,
        stdin=stdin,
        stdout=stdout,
        stderr=asyncio.subprocess.STDOUT,
        cwd=program.cwd,
        env=dict(program.env),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
        preexec_fn=_stop_with_parent(program.stop_signal),
    )


def _stop_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """What the new process does first, already as its own user: bind its life to ours."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind
