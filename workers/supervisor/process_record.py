"""The record of a home's running processes, from which a later start recognises leftovers of an earlier one."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil

# Seconds. Two readings of one start time differ by less: the kernel counts ticks of 10 ms since boot, and the boot
# time has whole seconds.
_START_TOLERANCE = 2.0
_WAIT = 5.0

MARK = "SUPERVISED_HOME"
"""Environment variable that marks a process and its descendants as belonging to a home."""


class ProcessRecord:
    """Process ids with start times and signals, in one file readable by its owner only."""

    def __init__(self, path: Path, *, home: Path) -> None:
        self._path = path
        self._home = str(home)
        self._entries: dict[str, dict[str, Any]] = {}

    def add(self, name: str, pid: int, *, stop_signal: signal.Signals, kill_signal: signal.Signals) -> None:
        """Record a process just started; ignore one that has already exited."""
        with suppress(psutil.NoSuchProcess):
            self._entries[name] = {
                "pid": pid,
                "started": psutil.Process(pid).create_time(),
                "signals": [int(stop_signal), int(kill_signal)],
            }
            self._write()

    def remove(self, name: str) -> None:
        if self._entries.pop(name, None):
            self._write()

    def stop_leftovers(self) -> tuple[str, ...]:
        """Stop processes left running by an earlier start and return their names.

        A process id that the system has since given to another process is left alone.
        """
        found = [(name, entry, self._find_alive(entry)) for name, entry in self._read().items()]
        running = [(name, entry, processes) for name, entry, processes in found if processes]
        for signals in (0, 1):
            for _, entry, processes in running:
                _send_signal(processes, entry["signals"][signals])
            if _all_gone([process for _, _, every in running for process in every]):
                break
        _send_signal([process for _, _, every in running for process in every], signal.SIGKILL)
        self._entries = {}
        self._write()
        return tuple(name for name, _, _ in running)

    def _find_alive(self, entry: dict[str, Any]) -> list[psutil.Process]:
        """Return the recorded process, or else the marked processes of its group."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            return (
                [process]
                if abs(process.create_time() - entry["started"]) < _START_TOLERANCE and is_alive(process)
                else []
            )
        return [process for process in psutil.process_iter() if self._is_marked(process, entry["pid"])]

    def _is_marked(self, process: psutil.Process, group: int) -> bool:
        try:
            return os.getpgid(process.pid) == group and process.environ().get(MARK) == self._home
        except (psutil.Error, OSError):
            return False

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            return json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}

    def _write(self) -> None:
        write_private(self._path, json.dumps(self._entries))


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically with one readable by its owner only."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def is_alive(process: psutil.Process) -> bool:
    """Whether the process still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _all_gone(processes: list[psutil.Process]) -> bool:
    deadline = monotonic() + _WAIT
    while any(is_alive(process) for process in processes):
        if monotonic() > deadline:
            return False
        sleep(0.02)
    return True


def _send_signal(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)
