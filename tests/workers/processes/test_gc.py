"""Which objects the garbage collector tracks after start-up."""

import gc
from collections.abc import Iterator

import pytest

from workers.processes.gc import tune_gc


@pytest.fixture
def restore_gc() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_only_objects_created_after_start_up_are_tracked(restore_gc: None) -> None:
    before = [object()]
    tune_gc()
    after = [before]
    tracked = gc.get_objects()
    assert any(found is after for found in tracked)
    assert not any(found is before for found in tracked)
    assert gc.isenabled()
