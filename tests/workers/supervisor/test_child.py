"""Restarting and stopping one program, and recognising leftovers by the process record."""

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


class Output:
    """Collects printed lines and waits for them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")
        self._more.set()

    async def wait_for(self, found: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(10):
            while not found(self.lines):
                self._more.clear()
                await self._more.wait()


@pytest.fixture
def record(tmp_path: Path) -> ProcessRecord:
    return ProcessRecord(tmp_path / "processes.json", home=tmp_path)


def _short_backoff() -> Iterator[float]:
    return backoff(0.001, 0.004)


def _child(code: str, record: ProcessRecord, output: Output, *, grace: float = 5.0) -> Child:
    return Child(script("it", code, os.environ, grace=grace), record=record, print_line=output, backoff=_short_backoff)


def _exits(pid: int) -> bool:
    """Whether the process exits; a killed process takes a moment."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_delays_double_up_to_a_maximum() -> None:
    delays = backoff(1, 5)
    assert [next(delays) for _ in range(5)] == [1, 2, 4, 5, 5]


async def test_a_program_that_exits_restarts_with_a_growing_delay(record: ProcessRecord) -> None:
    output = Output()
    child = _child("print('here'); raise SystemExit(3)", record, output)
    await child.start()
    await output.wait_for(lambda lines: lines.count("it: here") >= 3)
    await child.stop()
    assert output.lines[:4] == [
        "it: here",
        "it: exited (status 3), restarting in 0.001 s",
        "it: here",
        "it: exited (status 3), restarting in 0.002 s",
    ]
    assert child.pid is None


async def test_an_exit_is_noticed_while_a_grandchild_holds_the_output_open(record: ProcessRecord) -> None:
    output = Output()
    code = "import os, signal; pid = os.fork()\nif pid: print('grandchild', pid, flush=True)\nelse: signal.pause()"
    child = _child(code, record, output)
    await child.start()
    await output.wait_for(lambda lines: any("restarting" in line for line in lines))
    await child.stop()
    pids = [int(line.split()[-1]) for line in output.lines if "grandchild" in line]
    assert pids
    assert all(_exits(pid) for pid in pids)


async def test_a_program_that_ignores_the_stop_signal_is_killed(record: ProcessRecord) -> None:
    output = Output()
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ignoring', flush=True)\nwhile True: signal.pause()"
    child = _child(code, record, output, grace=0.1)
    await child.start()
    await output.wait_for(lambda lines: "it: ignoring" in lines)
    await child.stop()
    assert child.status == -signal.SIGKILL
    assert output.lines[-1] == "it: did not stop within 0.1 s; killing it"


async def test_very_long_lines_and_invalid_utf8_are_printed(record: ProcessRecord) -> None:
    output = Output()
    code = "import os; os.write(1, b'x' * 200_000 + b'\\n\\xff\\nlast'); import signal; signal.pause()"
    child = _child(code, record, output)
    await child.start()
    await output.wait_for(lambda lines: "it: \ufffd" in lines)
    await child.stop()
    assert sum(line.count("x") for line in output.lines) == 200_000
    assert output.lines[-1] == "it: last"


async def test_a_program_that_cannot_be_started_raises(record: ProcessRecord, tmp_path: Path) -> None:
    child = Child(Program(name="it", argv=(str(tmp_path / "none"),), env={}), record=record, print_line=Output())
    with pytest.raises(FileNotFoundError):
        await child.start()
    await child.stop()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process in its own session."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_leftover_is_stopped_by_a_later_start(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "processes.json"
    ProcessRecord(path, home=tmp_path).add("web", sleeper.pid, stop_signal=signal.SIGTERM, kill_signal=signal.SIGKILL)
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ("web",)
    assert sleeper.wait(5) == -signal.SIGTERM
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ()


def test_another_process_with_the_recorded_id_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "processes.json"
    ProcessRecord(path, home=tmp_path).add("web", sleeper.pid, stop_signal=signal.SIGTERM, kill_signal=signal.SIGKILL)
    path.write_text(path.read_text().replace('"started": 1', '"started": 2'))
    assert ProcessRecord(path, home=tmp_path).stop_leftovers() == ()
    assert sleeper.poll() is None


@pytest.mark.parametrize("mine", [True, False])
def test_orphans_of_a_recorded_process_are_recognised_by_their_mark(tmp_path: Path, mine: bool) -> None:
    code = "import os, signal; pid = os.fork()\nif not pid: signal.pause()\nprint(pid, flush=True)"
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
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


def test_an_unreadable_record_is_treated_as_empty(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('{"web": {"pi')
    assert ProcessRecord(tmp_path / "processes.json", home=tmp_path).stop_leftovers() == ()
