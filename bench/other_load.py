"""How much of the cores other programs take while a benchmark runs (Linux; nothing is measured elsewhere)."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BUSY = 0.05
"""Share of the cores' time: a comparison flags changes of 5 %, and as much other load can cause one."""

_PROC = Path("/proc")
_BUSY_COLUMNS = (0, 1, 2, 7)
"""user, nice, system and steal of a `cpu` line in `/proc/stat`; interrupts are left out because no process owns them."""


@dataclass(frozen=True, slots=True)
class OtherLoad:
    """Shares of the cores' time that other programs took before and during a benchmark, 0 to 1."""

    before: float
    during: float
    limit: float = BUSY

    @property
    def busy(self) -> bool:
        return max(self.before, self.during) > self.limit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Processor seconds up to a moment: `total` of everything on the cores, `own` of this process and its descendants."""

    at: float
    total: float
    own: float


def snapshot(cores: frozenset[int], *, pid: int | None = None, proc: Path = _PROC) -> Snapshot | None:
    """Read the counters of the kernel; `None` where it has none."""
    try:
        lines = (proc / "stat").read_text().splitlines()
    except OSError:
        return None
    tick = os.sysconf("SC_CLK_TCK")
    names = {f"cpu{core}" for core in cores}
    columns = [line.split() for line in lines]
    total = sum(int(each[1 + column]) for each in columns if each[0] in names for column in _BUSY_COLUMNS)
    return Snapshot(time.monotonic(), total / tick, _own_ticks(proc, os.getpid() if pid is None else pid) / tick)


def other_share(start: Snapshot | None, end: Snapshot | None, cores: int) -> float | None:
    """Share of the time of `cores` cores between two snapshots that went to other programs."""
    if start is None or end is None:
        return None
    spent = (end.total - start.total) - (end.own - start.own)
    return min(1.0, max(0.0, spent / ((end.at - start.at) * cores)))


def _own_ticks(proc: Path, root: int) -> int:
    """Ticks of a process and its descendants, ended ones included: these are added to the parent that waited for them."""
    known = dict(_processes(proc))
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in known.items():
        children.setdefault(parent, []).append(pid)
    ticks, pending = 0, [root]
    while pending:
        pid = pending.pop()
        ticks += known[pid][1] if pid in known else 0
        pending += children.get(pid, [])
    return ticks


def _processes(proc: Path) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each process with its parent and its ticks (proc(5): fields 4 and 14 to 17, after a name that may hold spaces)."""
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                yield int(folder.name), (int(fields[1]), sum(map(int, fields[11:15])))
