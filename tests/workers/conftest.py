"""A house of stand-ins that runs as a process of its own, as it does for people."""

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
_PATIENCE = 50.0


def eventually(what: Callable[[], object]) -> None:
    """Wait until something that happens in other processes has happened."""
    deadline = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def environment() -> dict[str, str]:
    """Ours, without any of Sona's variables."""
    return {name: value for name, value in os.environ.items() if name not in variables()}


class HouseProcess:
    """A running `up` over `home`; everything it says is in `said`."""

    def __init__(self, home: Path, said: Path) -> None:
        self.home = home
        self._said = said
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.workers.supervisor.stub_processes", str(home), "0"],
                cwd=_ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    def hears(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until it has said something that often, and return each time's first group."""
        eventually(lambda: len(re.findall(pattern, self.said)) >= times or self._process.poll() is not None)
        found = re.findall(pattern, self.said)
        assert len(found) >= times, self.said
        return found

    def ready(self) -> None:
        self.hears(r"ready: (http\S+)")

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> int:
        return self._process.wait(_PATIENCE)

    def stop(self) -> None:
        if self._process.poll() is None:
            self.tell(signal.SIGTERM)
            self.ended()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sona-house-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[HouseProcess]:
    """One house for the tests that leave it standing."""
    house = HouseProcess(folder / "home", folder / "said.txt")
    try:
        house.ready()
        yield house
    finally:
        house.stop()
