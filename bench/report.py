"""Measured figures, each with the peer or floor of the same run, and their table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    `key` identifies the row across runs and stays the same when `name` is reworded. `peer` is the value of the peer or
    floor, `ratio` is `value / peer`. `ok` is `None` without a target. `timed` is false for figures that other load on
    the machine does not change, such as counts and search quality.
    """

    key: str
    name: str
    value: float
    unit: str = ""
    better: Better
    peer: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool | None = None
    timed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A measurement that was not taken, and what its user can do to get it."""

    what: str
    reason: str
    remedy: str


Entry = Row | Skipped


def against_peer(
    key: str,
    name: str,
    value: float,
    peer: float,
    *,
    unit: str = "/s",
    at_least: float | None = None,
    timed: bool = True,
) -> Row:
    """Row for a figure of which more is better, with the least ratio to the peer as its target."""
    ratio = value / peer
    return Row(
        key=key,
        name=name,
        value=value,
        unit=unit,
        better="more",
        peer=peer,
        ratio=ratio,
        target="" if at_least is None else f"≥ {at_least:g} × peer",
        ok=None if at_least is None else ratio >= at_least,
        timed=timed,
    )


def at_least(key: str, name: str, value: float, floor: float, *, unit: str = "", timed: bool = True) -> Row:
    """Row for a figure of which more is better, with `floor` as its target."""
    target = f"≥ {floor:g}"
    return Row(key=key, name=name, value=value, unit=unit, better="more", target=target, ok=value >= floor, timed=timed)


def at_most(key: str, name: str, value: float, ceiling: float, *, unit: str = "", timed: bool = True) -> Row:
    """Row for a figure of which less is better, with `ceiling` as its target."""
    target, ok = f"≤ {ceiling:g}", value <= ceiling
    return Row(key=key, name=name, value=value, unit=unit, better="less", target=target, ok=ok, timed=timed)


def print_entries(entries: Sequence[Entry], *, busy: bool = False) -> None:
    """Print the rows as a table and what was skipped below it; `busy` marks the timed rows."""
    if rows := [entry for entry in entries if isinstance(entry, Row)]:
        print_table([("what", "value", "peer", "ratio", "target", ""), *(_cells(row, busy=busy) for row in rows)])
    for entry in entries:
        if isinstance(entry, Skipped):
            print(f"left out: {entry.what}: {entry.reason}. {entry.remedy}")


def print_table(lines: Sequence[Sequence[str]]) -> None:
    """Print lines of equally many cells in aligned columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def number(value: float | None) -> str:
    """Four significant digits, or nothing."""
    return "" if value is None else f"{value:,.4g}"


def _cells(row: Row, *, busy: bool) -> tuple[str, ...]:
    verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
    mark = " ".join(filter(None, (verdict, "busy" if busy and row.timed else "")))
    return row.name, f"{number(row.value)} {row.unit}".strip(), number(row.peer), number(row.ratio), row.target, mark
