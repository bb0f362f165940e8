"""`make bench`: run the benchmarks, print their tables and save them as JSON (`bench/README.md`).

`make bench ARGS="webhooks turns"` runs some of them only, `ARGS="--results DIR"` saves them elsewhere, and
`ARGS="--compare DIR"` compares them with results that an earlier run saved there.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import compare
from bench.other_load import OtherLoad, other_share, snapshot
from bench.placement import placement
from bench.report import Entry, Skipped, print_entries
from bench.results import Result, load_all, save

ALL = ("webhooks", "turns", "signed", "deliveries", "startup", "embedding", "retrieval", "search")
RESULTS = Path(__file__).parent / "results"
_LOOK_BEFORE_SECONDS = 2.0


def main(arguments: Sequence[str]) -> int:
    """1 if a row that counts misses its target or got worse, else 0; a busy machine is no failure."""
    chosen = _parse(arguments)
    names = chosen.names or ALL
    before = load_all(chosen.compare, names) if chosen.compare else {}
    print(f"cores: {placement()}", flush=True)
    results: list[Result] = []
    for name in names:
        print(f"\n{name}", flush=True)
        results.append(result := _measure(name))
        print_entries(result.entries, busy=result.busy)
        save(result, chosen.results)
    _summarise(results)
    if not chosen.compare:
        return 1 if any(result.missed for result in results) else 0
    print(f"\nagainst {chosen.compare}")
    worse = compare.report(before, load_all(chosen.results, names))
    return 1 if worse or any(result.missed for result in results) else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Run benchmarks; without names, all of them.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="where to save the JSON files")
    parser.add_argument("--compare", type=Path, metavar="DIR", help="results of an earlier run")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.names if name not in ALL]:
        parser.error(f"unknown benchmark {', '.join(unknown)}; known are {', '.join(ALL)}")
    if chosen.compare and not chosen.compare.is_dir():
        parser.error(f"{chosen.compare} is not a folder")
    return chosen


def _measure(name: str) -> Result:
    chosen = placement()
    cores = frozenset(chosen.available)
    idle = snapshot(cores)
    time.sleep(_LOOK_BEFORE_SECONDS)
    start = snapshot(cores)
    taken_at, begun = datetime.now(UTC), time.monotonic()
    entries: list[Entry] = importlib.import_module(f"bench.{name}").run()
    seconds = time.monotonic() - begun
    before, during = (other_share(*pair, cores=len(cores)) for pair in ((idle, start), (start, snapshot(cores))))
    load = None if before is None or during is None else OtherLoad(before, during)
    return Result(bench=name, taken_at=taken_at, seconds=seconds, placement=chosen, load=load, entries=entries)


def _summarise(results: Sequence[Result]) -> None:
    verdicts = [row.ok for result in results for row in result.counted]
    print(f"\n{verdicts.count(True)} targets reached, {verdicts.count(False)} missed")
    if skipped := [entry.what for result in results for entry in result.entries if isinstance(entry, Skipped)]:
        print(f"left out: {'; '.join(skipped)} (see above for how to get them)")
    if any(result.load is None for result in results):
        print("other load is not measured on this system: make sure that nothing else runs")
    for result in results:
        if result.load and result.disturbed:
            shares = f"{result.load.before:.0%} before and {result.load.during:.0%} during"
            print(f"BUSY: other programs took {shares} {result.bench}, more than {result.load.limit:.0%} of the cores")
    if any(result.disturbed for result in results):
        print("BUSY: rows marked busy do not count, whether reached or missed; repeat them on a quiet machine")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
