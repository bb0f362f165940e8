"""`make bench`: every figure beside its peer or floor, as a table and as JSON under `bench/results/`.

`make bench ARGS="webhooks turns"` runs some of them only.
"""

import importlib
import sys
from pathlib import Path

from bench.report import Row, keep, show

ALL = ("webhooks", "turns", "signed", "deliveries", "startup", "embedding", "retrieval", "search")
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"there is no bench called {', '.join(unknown)}; there are {', '.join(ALL)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names or ALL:
        print(f"\n{name}", flush=True)
        found: list[Row] = importlib.import_module(f"bench.{name}").run()
        show(found)
        keep(found, RESULTS, name)
        rows += found
    missed = [row.name for row in rows if row.ok is False]
    print(f"\n{sum(row.ok is True for row in rows)} reached, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
