from pathlib import Path

import pytest

from bench.other_load import OtherLoad, Snapshot, other_share, snapshot

OWN, CHILD, GRANDCHILD, STRANGER = 10, 11, 12, 20


def kernel(folder: Path, *, cpu0: int, cpu1: int, processes: dict[int, tuple[int, int]]) -> Path:
    """A `/proc` in which each core spent so many ticks, and each process, of this parent, twice so many as given."""
    folder.mkdir(exist_ok=True)
    cores = {"cpu": cpu0 + cpu1, "cpu0": cpu0, "cpu1": cpu1}
    (folder / "stat").write_text("".join(f"{name} {ticks} 0 0 9999 9999 0 0 0 0 0\n" for name, ticks in cores.items()))
    for pid, (parent, ticks) in processes.items():
        (folder / str(pid)).mkdir(exist_ok=True)
        line = f"{pid} (a (b) c) S {parent} 1 1 0 -1 0 0 0 0 0 {ticks} 0 {ticks} 0 20 0 1 0 0"
        (folder / str(pid) / "stat").write_text(line)
    return folder


def test_descendants_are_own_and_other_processes_are_not(tmp_path: Path) -> None:
    processes = {OWN: (1, 100), CHILD: (OWN, 50), GRANDCHILD: (CHILD, 25), STRANGER: (1, 1000)}
    proc = kernel(tmp_path, cpu0=3000, cpu1=0, processes=processes)
    found = snapshot(frozenset({0, 1}), pid=OWN, proc=proc)
    assert found is not None
    assert found.own / found.total == pytest.approx(350 / 3000)


def test_only_the_given_cores_count(tmp_path: Path) -> None:
    proc = kernel(tmp_path, cpu0=300, cpu1=700, processes={OWN: (1, 1)})
    one, both = snapshot(frozenset({1}), pid=OWN, proc=proc), snapshot(frozenset({0, 1}), pid=OWN, proc=proc)
    assert one is not None
    assert both is not None
    assert one.total / both.total == pytest.approx(0.7)


def test_a_system_without_kernel_counters_has_no_snapshot(tmp_path: Path) -> None:
    assert snapshot(frozenset({0}), proc=tmp_path) is None
    assert other_share(None, None, 2) is None


def test_other_load_is_the_share_of_the_cores_that_is_not_our_own() -> None:
    start, end = Snapshot(at=0, total=100, own=10), Snapshot(at=10, total=115, own=20)
    assert other_share(start, end, cores=2) == pytest.approx(5 / 20)


def test_load_before_or_during_makes_a_machine_busy() -> None:
    assert not OtherLoad(before=0.04, during=0.05).busy
    assert OtherLoad(before=0.06, during=0.0).busy
    assert OtherLoad(before=0.0, during=0.06).busy
