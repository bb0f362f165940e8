import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import webhooks
from bench.__main__ import main
from bench.compare import compare, report
from bench.compare import main as compare_folders
from bench.other_load import OtherLoad
from bench.placement import Placement
from bench.report import Entry, Row, Skipped, against_peer, at_least, at_most, print_entries
from bench.results import Result, SavedResult, load_all, save
from bench.wrk import skipped_without_wrk

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
QUIET, BUSY = OtherLoad(before=0.01, during=0.02), OtherLoad(before=0.01, during=0.4)
MISSING = Skipped(what="rates", reason="wrk is not installed", remedy="Install it")


def result(*entries: Entry, load: OtherLoad | None = QUIET, taken_at: datetime = NOON) -> Result:
    placement = Placement(available=(0, 1), server=0, load=1)
    return Result(bench="webhooks", taken_at=taken_at, seconds=1.0, placement=placement, load=load, entries=entries)


def saved(folder: Path, *entries: Entry, load: OtherLoad | None = QUIET, taken_at: datetime = NOON) -> SavedResult:
    save(result(*entries, load=load, taken_at=taken_at), folder)
    return load_all(folder)["webhooks"]


def rate(value: float, *, peer: float = 100.0) -> Row:
    return against_peer("rate", "requests per second", value, peer, at_least=1.0)


def test_a_result_is_read_as_it_was_saved(tmp_path: Path) -> None:
    rows = [rate(150), at_least("quality", "quality", 0.9, 0.8, timed=False), at_most("p99", "p99", 30, 25, unit="ms")]
    found = saved(tmp_path, *rows, MISSING)
    assert list(found.rows.values()) == rows
    assert (found.taken_at, found.busy) == (NOON, frozenset())


def test_the_fields_of_a_result_stay_the_same(tmp_path: Path) -> None:
    document = json.loads(save(result(rate(50), MISSING, load=BUSY), tmp_path).read_text())
    assert document == {
        "schema": 1,
        "bench": "webhooks",
        "taken_at": "2026-11-02T12:00:00+00:00",
        "seconds": 1.0,
        "cores": {"available": [0, 1], "server": 0, "load": 1},
        "other_load": {"before": 0.01, "during": 0.4, "limit": 0.05},
        "busy": True,
        "rows": [
            {
                "key": "rate",
                "name": "requests per second",
                "value": 50,
                "unit": "/s",
                "better": "more",
                "peer": 100.0,
                "ratio": 0.5,
                "target": "≥ 1 × peer",
                "ok": False,
                "timed": True,
                "busy": True,
            }
        ],
        "left_out": [{"what": "rates", "reason": "wrk is not installed", "remedy": "Install it"}],
    }


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "webhooks.json").write_text("[]")
    with pytest.raises(ValueError, match="schema"):
        load_all(tmp_path)


def test_on_a_busy_machine_a_missed_target_fails_only_where_load_changes_nothing() -> None:
    quality = at_least("quality", "quality", 0.7, 0.8, timed=False)
    assert result(rate(50)).missed
    assert not result(rate(50), load=BUSY).missed
    assert result(rate(50), load=BUSY).disturbed
    assert not result(quality, load=BUSY).disturbed
    assert result(quality, load=BUSY).missed


def test_the_table_marks_busy_rows_and_says_how_to_get_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_entries([rate(50), at_most("lost", "lost", 0, 0, timed=False), MISSING], busy=True)
    _, timed, counted, skipped = capsys.readouterr().out.splitlines()
    assert timed.endswith("MISSED busy")
    assert counted.endswith("ok")
    assert skipped == "left out: rates: wrk is not installed. Install it"


def test_without_wrk_its_benchmarks_say_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    [skipped] = webhooks.run()
    assert isinstance(skipped, Skipped)
    assert "apt-get install wrk" in skipped.remedy
    assert skipped_without_wrk("rates")


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (rate(100), rate(96), ""),
        (rate(100), rate(94), "worse"),
        (rate(100), rate(106), "better"),
        (rate(100), rate(50, peer=50), ""),
        (at_most("p99", "p99", 10, 25), at_most("p99", "p99", 11, 25), "worse"),
        (at_most("p99", "p99", 10, 25), at_most("p99", "p99", 9, 25), "better"),
        (at_most("lost", "lost", 0, 0), at_most("lost", "lost", 0, 0), ""),
        (at_most("lost", "lost", 0, 0), at_most("lost", "lost", 1, 0), "worse"),
    ],
)
def test_a_change_of_more_than_five_percent_is_flagged(tmp_path: Path, before: Row, after: Row, verdict: str) -> None:
    [change] = compare(saved(tmp_path / "before", before), saved(tmp_path / "after", after))
    assert change.verdict == verdict


def test_rows_of_a_busy_run_are_not_judged(tmp_path: Path) -> None:
    quality = at_least("quality", "quality", 0.9, 0.8, timed=False)
    before = saved(tmp_path / "before", rate(100), quality, load=BUSY)
    after = saved(tmp_path / "after", rate(50), quality)
    assert [change.verdict for change in compare(before, after)] == ["busy", ""]


def test_rows_of_only_one_run_are_listed(tmp_path: Path) -> None:
    before, after = saved(tmp_path / "before", rate(100)), saved(tmp_path / "after", at_most("p99", "p99", 10, 25))
    assert [change.verdict for change in compare(before, after)] == ["only after", "only before"]


def test_runs_of_different_hours_are_pointed_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = saved(tmp_path / "before", rate(100))
    after = saved(tmp_path / "after", rate(100), taken_at=NOON + timedelta(hours=3))
    assert report({"webhooks": before}, {"webhooks": after}) == 0
    assert "taken 3:00:00 apart" in capsys.readouterr().out


def test_comparing_folders_fails_when_a_row_is_worse(tmp_path: Path) -> None:
    saved(tmp_path / "before", rate(100))
    saved(tmp_path / "after", rate(50))
    assert compare_folders([str(tmp_path / "before"), str(tmp_path / "after")]) == 1
    assert compare_folders([str(tmp_path / "after"), str(tmp_path / "before")]) == 0


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["webhook"])
    assert "unknown benchmark webhook" in capsys.readouterr().err


def test_files_of_an_older_schema_do_not_disturb_other_benchmarks(tmp_path: Path) -> None:
    (tmp_path / "turns.json").write_text("[]")
    save(result(rate(100)), tmp_path)
    assert set(load_all(tmp_path, ["webhooks"])) == {"webhooks"}
