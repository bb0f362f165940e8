"""One program kept running, and the record by which a later start knows it."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.workers.supervisor.stub_processes import script
from workers.supervisor.child import Child, backoff
from workers.supervisor.process_record import MARK, ProcessRecord, is_alive
from workers.supervisor.program import Program


class Ear:
    """Keeps what is said, and waits for words."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")
        self._more.set()

    async def until(self, told: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(10):
            while not told(self.lines):
                self._more.clear()
                await self._more.wait()


@pytest.fixture
def ledger(tmp_path: Path) -> ProcessRecord:
    return ProcessRecord(tmp_path / "processes.json", home=tmp_path)


def _at_once() -> Iterator[float]:
    return backoff(0.001, 0.004)


def _child(words: str, ledger: ProcessRecord, ear: Ear, *, grace: float = 5.0) -> Child:
    return Child(script("it", words, os.environ, grace=grace), record=ledger, print_line=ear, backoff=_at_once)


def _gone(pid: int) -> bool:
    """Whether it ends. A process that was killed runs on until the kernel comes to it."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_delays_grow_to_a_most() -> None:
    delays = backoff(1, 5)
    assert [next(delays) for _ in range(5)] == [1, 2, 4, 5, 5]


async def test_a_program_that_ends_starts_again_with_a_growing_delay(ledger: ProcessRecord) -> None:
    ear = Ear()
    child = _child("print('here'); raise SystemExit(3)", ledger, ear)
    await child.start()
    await ear.until(lambda lines: lines.count("it: here") >= 3)
    await child.stop()
    assert ear.lines[:4] == [
        "it: here",
        "it: ended (status 3), starts again in 0.001 s",
        "it: here",
        "it: ended (status 3), starts again in 0.002 s",
    ]
    assert child.pid is None


async def test_the_end_is_noticed_while_a_grandchild_holds_the_output_open(ledger: ProcessRecord) -> None:
    ear = Ear()
    words = "import os, signal; pid = os.fork()\nif pid: print('grandchild', pid, flush=True)\nelse: signal.pause()"
    child = _child(words, ledger, ear)
    await child.start()
    await ear.until(lambda lines: any("starts again" in line for line in lines))
    await child.stop()
    pids = [int(line.split()[-1]) for line in ear.lines if "grandchild" in line]
    assert pids
    assert all(_gone(pid) for pid in pids)


async def test_one_that_does_not_stop_when_asked_is_ended(ledger: ProcessRecord) -> None:
    ear = Ear()
    words = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\nwhile True: signal.pause()"
    child = _child(words, ledger, ear, grace=0.1)
    await child.start()
    await ear.until(lambda lines: "it: deaf" in lines)
    await child.stop()
    assert child.status == -signal.SIGKILL
    assert ear.lines[-1] == "it: has not stopped after 0.1 s and is ended"


async def test_a_very_long_line_and_bytes_that_are_no_text_come_through(ledger: ProcessRecord) -> None:
    ear = Ear()
    words = "import os; os.write(1, b'x' * 200_000 + b'\\n\\xff\\nlast'); import signal; signal.pause()"
    child = _child(words, ledger, ear)
    await child.start()
    await ear.until(lambda lines: "it: \ufffd" in lines)
    await child.stop()
    assert sum(line.count("x") for line in ear.lines) == 200_000
    assert ear.lines[-1] == "it: last"


async def test_one_that_cannot_be_started_is_told_at_once(ledger: ProcessRecord, tmp_path: Path) -> None:
    child = Child(Program(name="it", argv=(str(tmp_path / "none"),), env={}), record=ledger, print_line=Ear())
    with pytest.raises(FileNotFoundError):
        await child.start()
    await child.stop()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that somebody else might have started."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_leftover_is_ended_by_a_later_start(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "processes.json"
    ProcessRecord(path, home=tmp_path).add("web", sleeper.pid, stop_signal=signal.SIGTERM, kill_signal=signal.SIGKILL)
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ("web",)
    assert sleeper.wait(5) == -signal.SIGTERM
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ()


def test_a_process_that_merely_has_the_same_number_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "processes.json"
    ProcessRecord(path, home=tmp_path).add("web", sleeper.pid, stop_signal=signal.SIGTERM, kill_signal=signal.SIGKILL)
    path.write_text(path.read_text().replace('"started": 1', '"started": 2'))
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ()
    assert sleeper.poll() is None


@pytest.mark.parametrize("mine", [True, False])
def test_what_a_dead_process_of_ours_had_started_is_known_by_its_mark(tmp_path: Path, mine: bool) -> None:
    words = "import os, signal; pid = os.fork()\nif not pid: signal.pause()\nprint(pid, flush=True)"
    parent = subprocess.Popen(
        [sys.executable, "-c", words],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={MARK: str(tmp_path if mine else tmp_path / "other")},
    )
    path = tmp_path / "processes.json"
    ProcessRecord(path, home=tmp_path).add("worker", parent.pid, stop_signal=signal.SIGTERM, kill_signal=signal.SIGKILL)
    assert parent.stdout
    orphan = psutil.Process(int(parent.stdout.readline()))
    parent.stdout.close()
    parent.wait(5)
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == (("worker",) if mine else ())
    assert is_alive(orphan) is not mine
    orphan.kill()


def test_a_record_that_cannot_be_read_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('{"web": {"pi')
    assert ProcessRecord(tmp_path / "processes.json", home=tmp_path).stop_leftovers() == ()
