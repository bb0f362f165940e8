"""A measured figure beside its peer, printed as a table and kept as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `peer` is the value of what it is held against in the same run, `ratio` the figure over it.

    `reach` is the target in words; `ok` is `None` where nothing has to be reached or the peer is missing.
    """

    name: str
    value: float
    unit: str = ""
    peer: float | None = None
    ratio: float | None = None
    reach: str = ""
    ok: bool | None = None


def beside(name: str, value: float, peer: float, *, unit: str, at_least: float | None = None) -> Row:
    """A row for a figure of which more is better, held against a peer."""
    ratio = value / peer if peer else float("inf")
    reach = "" if at_least is None else f"≥ {at_least:g} × peer"
    return Row(
        name=name,
        value=value,
        unit=unit,
        peer=peer,
        ratio=ratio,
        reach=reach,
        ok=None if at_least is None else ratio >= at_least,
    )


def at_least(name: str, value: float, floor: float, *, unit: str = "") -> Row:
    return Row(name=name, value=value, unit=unit, reach=f"≥ {floor:g}", ok=value >= floor)


def at_most(name: str, value: float, ceiling: float, *, unit: str = "") -> Row:
    return Row(name=name, value=value, unit=unit, reach=f"≤ {ceiling:g}", ok=value <= ceiling)


def show(rows: Sequence[Row]) -> None:
    """Print the rows as a table."""
    cells = [("what", "value", "peer", "ratio", "reach", "")]
    cells += [
        (row.name, f"{row.value:,.4g} {row.unit}".strip(), _number(row.peer), _number(row.ratio), row.reach, _mark(row))
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def keep(rows: Sequence[Row], folder: Path, name: str) -> Path:
    """Write the rows to `folder/name.json` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
    return path


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"


def _mark(row: Row) -> str:
    return {True: "ok", False: "MISSED", None: ""}[row.ok]
