"""`up` with stub programs, run as a separate process."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workers.settings import variables

_ROOT = Path(__file__).parents[2]
_TIMEOUT = 50.0


def eventually(condition: Callable[[], object]) -> None:
    """Wait until a condition that other processes fulfil holds."""
    deadline = time.monotonic() + _TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.01)


def environment() -> dict[str, str]:
    """This process's environment without Sona's variables."""
    return {name: value for name, value in os.environ.items() if name not in variables()}


class SonaProcess:
    """A running `up` for `home`; `output` is everything it printed."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home = home
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.workers.supervisor.stub_processes", str(home), "0"],
                cwd=_ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until the output matches `times` times; return the first group of every match."""
        eventually(lambda: len(re.findall(pattern, self.output)) >= times or self._process.poll() is not None)
        found = re.findall(pattern, self.output)
        assert len(found) >= times, self.output
        return found

    def wait_until_ready(self) -> None:
        self.wait_for(r"ready: (http\S+)")

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(_TIMEOUT)

    def stop(self) -> None:
        if self._process.poll() is None:
            self.send_signal(signal.SIGTERM)
            self.wait()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sona-up-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[SonaProcess]:
    """One `up` shared by the tests that leave it running."""
    process = SonaProcess(folder / "home", folder / "output.txt")
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.stop()
