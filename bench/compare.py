"""`python -m bench.compare BEFORE AFTER`: what changed between two folders of results."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from bench.report import Row, number, print_table
from bench.results import SavedResult, load_all

TOLERANCE = 0.05
_SAME_HOUR = timedelta(hours=1)

Verdict = Literal["", "worse", "better", "busy", "only before", "only after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row before and after: ratios to the peer where both have one, else the values themselves.

    `relative` is the change over the figure before, +0.1 for a tenth more.
    """

    name: str
    before: float | None
    after: float | None
    relative: float | None
    verdict: Verdict


def compare(before: SavedResult, after: SavedResult) -> list[Change]:
    """The changes of one benchmark's rows, in their order after."""
    busy = before.busy | after.busy
    keys = [*after.rows, *(key for key in before.rows if key not in after.rows)]
    return [_change(before.rows.get(key), after.rows.get(key), busy=key in busy) for key in keys]


def report(before: dict[str, SavedResult], after: dict[str, SavedResult]) -> int:
    """Print the changes of the benchmarks that both have; returns how many rows are worse and count."""
    shared = [bench for bench in after if bench in before]
    if not shared:
        print("nothing to compare: no benchmark is in both folders")
        return 0
    for bench in shared:
        if (gap := abs(after[bench].taken_at - before[bench].taken_at)) > _SAME_HOUR:
            print(f"{bench}: taken {gap} apart; figures of different hours differ by tens of percent")
    changes = [change for bench in shared for change in compare(before[bench], after[bench])]
    print_table([("what", "before", "after", "change", ""), *_lines(changes)])
    worse, busy = (sum(change.verdict == verdict for change in changes) for verdict in ("worse", "busy"))
    print(f"\n{worse} of {len(changes)} worse by more than {TOLERANCE:.0%}" + (f", {busy} busy" if busy else ""))
    return worse


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description="Compare two folders of results.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    chosen = parser.parse_args(arguments)
    return 1 if report(load_all(chosen.before), load_all(chosen.after)) else 0


def _change(before: Row | None, after: Row | None, *, busy: bool) -> Change:
    row = after or before
    assert row is not None
    if before is None or after is None:
        verdict: Verdict = "only before" if after is None else "only after"
        return Change(
            name=row.name,
            before=before and _figure(before, relative=before.ratio is not None),
            after=after and _figure(after, relative=after.ratio is not None),
            relative=None,
            verdict=verdict,
        )
    relative = before.ratio is not None and after.ratio is not None
    old, new = _figure(before, relative=relative), _figure(after, relative=relative)
    moved = _moved(old, new)
    verdict = "" if abs(moved) <= TOLERANCE else "better" if (moved > 0) == (row.better == "more") else "worse"
    return Change(name=row.name, before=old, after=new, relative=moved, verdict="busy" if busy else verdict)


def _figure(row: Row, *, relative: bool) -> float:
    return row.ratio if relative and row.ratio is not None else row.value


def _moved(old: float, new: float) -> float:
    if old == new:
        return 0.0
    return (new - old) / old if old else float("inf")


def _lines(changes: Sequence[Change]) -> Iterator[tuple[str, ...]]:
    for each in changes:
        moved = "" if each.relative is None else f"{each.relative:+.1%}"
        yield each.name, number(each.before), number(each.after), moved, each.verdict


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
