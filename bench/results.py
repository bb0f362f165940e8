"""The JSON file of one benchmark; `bench/README.md` documents its schema."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.other_load import OtherLoad
from bench.placement import Placement
from bench.report import Entry, Row, Skipped

SCHEMA = 1
"""Raised when a field changes its meaning or disappears; new fields keep the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one benchmark found, and the conditions it was measured under."""

    bench: str
    taken_at: datetime
    seconds: float
    placement: Placement
    load: OtherLoad | None
    entries: Sequence[Entry]

    @property
    def busy(self) -> bool:
        """Whether other processes took too much of the machine for timed figures to count."""
        return self.load is not None and self.load.busy

    @property
    def rows(self) -> list[Row]:
        return [entry for entry in self.entries if isinstance(entry, Row)]

    @property
    def disturbed(self) -> bool:
        """Whether there are rows that do not count."""
        return len(self.counted) < len(self.rows)

    @property
    def counted(self) -> list[Row]:
        """The rows that count: on a busy machine, those that other load does not change."""
        return [row for row in self.rows if not (self.busy and row.timed)]

    @property
    def missed(self) -> bool:
        """Whether a row that counts is below its target."""
        return any(row.ok is False for row in self.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedResult:
    """What a comparison needs of a JSON file; `busy` holds the keys of rows that do not count."""

    taken_at: datetime
    rows: dict[str, Row]
    busy: frozenset[str]


def save(result: Result, folder: Path) -> Path:
    """Write the result to `folder/<bench>.json` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.bench}.json"
    path.write_text(json.dumps(_document(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load_all(folder: Path, benches: Sequence[str] = ()) -> dict[str, SavedResult]:
    """Results in a folder by benchmark, all or only these. Raises `ValueError` for a file of another schema."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.json")) if not benches or path.stem in benches}


def _document(result: Result) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "bench": result.bench,
        "taken_at": result.taken_at.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 1),
        "cores": asdict(result.placement),
        "other_load": result.load and asdict(result.load),
        "busy": result.busy,
        "rows": [{**asdict(row), "busy": result.busy and row.timed} for row in result.rows],
        "left_out": [asdict(entry) for entry in result.entries if isinstance(entry, Skipped)],
    }


def _read(path: Path) -> SavedResult:
    document: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ValueError(f"{path} is not a result of schema {SCHEMA}")
    rows: list[dict[str, Any]] = document["rows"]
    busy = frozenset(row["key"] for row in rows if row.pop("busy"))
    known = {row["key"]: Row(**row) for row in rows}
    return SavedResult(taken_at=datetime.fromisoformat(document["taken_at"]), rows=known, busy=busy)
