"""Which cores a benchmark uses: the server under test gets one, the load generator another."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Placement:
    """The cores this program may use; `server` and `load` are `None` where nothing is pinned."""

    available: tuple[int, ...]
    server: int | None = None
    load: int | None = None

    def __str__(self) -> str:
        if self.server is None:
            return "not pinned: needs Linux and two cores, so server and load generator disturb each other"
        return f"servers on core {self.server}, load generator on core {self.load}, databases on any"


def choose(cores: frozenset[int]) -> Placement:
    """The first core for servers and the last for the load generator: neighbours may be one physical core."""
    listed = tuple(sorted(cores))
    return Placement(listed, listed[0], listed[-1]) if len(listed) > 1 else Placement(listed)


@cache
def placement() -> Placement:
    """This machine's placement, as it was before anything was pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return Placement(tuple(range(os.cpu_count() or 1)))
    return choose(frozenset(os.sched_getaffinity(0)))


def pin_server(pid: int) -> None:
    """Keep a process that just started to the server's core; its later threads and children inherit that."""
    if (core := placement().server) is not None:
        with suppress(ProcessLookupError):
            os.sched_setaffinity(pid, {core})


@contextmanager
def on_load_core() -> Generator[None]:
    """Keep this process, and the programs it starts, to the load generator's core."""
    chosen = placement()
    if chosen.load is None:
        yield
        return
    _pin_threads({chosen.load})
    try:
        yield
    finally:
        _pin_threads(set(chosen.available))


def _pin_threads(cores: set[int]) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)
