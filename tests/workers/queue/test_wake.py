"""The bell over Celery: whatever becomes of one ring, the next one rings."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from celery import Celery
from kombu.exceptions import LimitExceeded, OperationalError

from core.address import Address
from workers.compose.turn_worker import RecentlySeen
from workers.queue.wake import CeleryWake


class Bell:
    """Stands where a Celery app is asked to send a task; fails as told, then sends."""

    def __init__(self, failure: Exception) -> None:
        self.failure: Exception | None = failure
        self.failed = threading.Event()
        self.sent: list[str] = []

    def send_task(self, name: str, *, args: list[Any], retry: bool) -> None:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            self.failed.set()
            raise failure
        self.sent += args[0]


@pytest.mark.parametrize(
    "failure", [OperationalError("away"), OSError("away"), LimitExceeded(2), RuntimeError("what?")]
)
def test_a_ring_that_fails_in_any_way_does_not_silence_the_next(failure: Exception) -> None:
    async def stop(_: Address) -> None: ...

    bell = Bell(failure)
    wake = CeleryWake(cast(Celery, bell), stop, sleep=lambda _: None)
    wake.turn([Address("test", "1")])
    assert bell.failed.wait(5)
    wake.turn([Address("test", "2")])
    wake.close()
    assert bell.sent == ["test:2"]


def test_a_source_that_nobody_reads_is_not_rung_for_with_every_sweep() -> None:
    lately = RecentlySeen(timedelta(seconds=20))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert lately.filter_new(("a", "b"), now) == ("a", "b")
    assert lately.filter_new(("a", "b", "c"), now + timedelta(seconds=2)) == ("c",)
    assert lately.filter_new(("a", "c"), now + timedelta(seconds=20)) == ("a",)
