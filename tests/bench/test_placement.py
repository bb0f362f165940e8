import os

import pytest

from bench.placement import Placement, choose, on_load_core, placement


def test_server_and_load_generator_get_different_cores() -> None:
    assert choose(frozenset({3, 1, 2})) == Placement(available=(1, 2, 3), server=1, load=3)


def test_nothing_is_pinned_on_one_core() -> None:
    assert choose(frozenset({4})) == Placement(available=(4,))
    assert "not pinned" in str(choose(frozenset({4})))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux")
def test_the_load_generator_leaves_its_core_when_the_block_ends() -> None:
    chosen = placement()
    pinned = set(chosen.available) if chosen.load is None else {chosen.load}
    with on_load_core():
        assert os.sched_getaffinity(0) == pinned
    assert os.sched_getaffinity(0) == set(chosen.available)
