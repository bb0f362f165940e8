"""A lock that gives a home one owner, and the file in which the owner publishes the addresses of its servers."""

import fcntl
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from workers.supervisor.errors import CannotStart
from workers.supervisor.process_record import write_private

# `find_running` holds a shared lock for an instant; retry past it.
_TRIES, _PAUSE = 10, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHome:
    """The running owner of a home. `port` is 0 when it has no web server."""

    pid: int
    database_url: str
    redis_url: str
    port: int


@contextmanager
def lock_home(home: Path, *, port: int) -> Generator[None]:
    """Hold the home's lock while the block runs. Raises `CannotStart` naming the current holder."""
    with _open_lock_file(home) as lock:
        if not _try_lock(lock):
            raise CannotStart(f"{str(home)!r} is in use: {_describe_holder(lock)}. Stop it, or choose another home")
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
    """Publish the servers' addresses to other commands of this user."""
    write_private(home / "run.json", json.dumps(asdict(running)))


def find_running(home: Path) -> RunningHome | None:
    """Return the running owner, `None` when there is none; ignore the file of an owner that was killed."""
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
        port = f" on port {about['port']}" if about["port"] else ""
        return f"process {about['pid']} runs it{port} since {about['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process is starting or stopping it"
