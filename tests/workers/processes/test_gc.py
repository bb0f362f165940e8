"""What the collector looks at once a process serves."""

import gc
from collections.abc import Iterator

import pytest

from workers.processes.gc import tune_gc


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_stands_is_looked_at_no_more_and_what_comes_is(collector: None) -> None:
    stands = [object()]
    tune_gc()
    comes = [stands]
    looked_at = gc.get_objects()
    assert any(found is comes for found in looked_at)
    assert not any(found is stands for found in looked_at)
    assert gc.isenabled()
