"""A home has one owner at a time, and tells others who that is and how to reach its servers."""

import fcntl
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from core.errors import Malformed
from workers.supervisor.process_record import write_private

# Someone who only asks whether the home is taken holds the lock for an instant.
_TRIES, _PAUSE = 10, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHome:
    """What runs for a home right now. `port` is 0 where no web server belongs to it."""

    pid: int
    database_url: str
    redis_url: str
    port: int


@contextmanager
def lock_home(home: Path, *, port: int) -> Generator[None]:
    """Own the home while the block runs. Raises `Malformed` saying who has it already."""
    with _open_lock_file(home) as lock:
        if not _try_lock(lock):
            raise Malformed(
                f"{str(home)!r} is in use: {_describe_holder(lock)}. Stop it, or choose another home with --home"
            )
        about = {"pid": os.getpid(), "port": port, "since": time.strftime("%Y-%m-%d %H:%M:%S")}
        lock.truncate(0)
        lock.write(json.dumps(about))
        lock.flush()
        try:
            yield
        finally:
            (home / "run.json").unlink(missing_ok=True)
            lock.truncate(0)


def write_running(home: Path, running: RunningHome) -> None:
    """Tell other commands of this user where the servers are."""
    write_private(home / "run.json", json.dumps(asdict(running)))


def find_running(home: Path) -> RunningHome | None:
    """What runs for this home, `None` when nothing does; a file that a killed owner left is not believed."""
    with _open_lock_file(home) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return None
    try:
        return RunningHome(**json.loads((home / "run.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


@contextmanager
def _open_lock_file(home: Path) -> Generator[IO[str]]:
    with os.fdopen(os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
        yield lock


def _try_lock(lock: IO[str]) -> bool:
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE)
    return False


def _describe_holder(lock: IO[str]) -> str:
    try:
        about = json.loads(lock.read())
        place = f" on port {about['port']}" if about["port"] else ""
        return f"process {about['pid']} runs it{place} since {about['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process is starting or stopping it"
