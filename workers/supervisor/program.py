"""A program to run, started so that it does not outlive its parent."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.supervisor.embedded.account import Account

# prctl(2): the signal the kernel sends when the parent thread dies.
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to keep running.

    `stop_signal` asks it to exit; `kill_signal` follows after `grace` seconds. `account` is the user it runs as, `None`
    for the current one. Its output is appended to the file `log`, or goes line by line to the caller when `log` is `None`.
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
    """Start the program in its own session with its output on the file descriptor `output`.

    A terminal's Ctrl-C therefore reaches only the parent. On Linux the program receives its stop signal when the
    parent dies; call this from the main thread only, because Linux watches the thread that started the child.
    """
    return await _spawn(program, output)


async def run(program: Program, *, stdin: str = "") -> tuple[int, str]:
    """Run the program to completion and return its exit status and output."""
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
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    # Runs after the change of user, which would clear the signal.
    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        # The parent may have died before prctl took effect.
        if os.getppid() != parent:
            os._exit(1)

    return in_child
