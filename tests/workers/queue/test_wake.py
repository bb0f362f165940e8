"""Publishing through Celery: a failed task does not affect the next, and unclaimed sources are not queued repeatedly."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from celery import Celery
from kombu.exceptions import LimitExceeded, OperationalError

from core.address import Address
from workers.compose.turn_worker import RecentlySeen
from workers.queue.wake import CeleryWake


class FlakyApp:
    """A Celery app whose first `send_task` raises the given error."""

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
def test_a_task_that_cannot_be_published_does_not_block_the_next(failure: Exception) -> None:
    async def stop(_: Address) -> None: ...

    app = FlakyApp(failure)
    wake = CeleryWake(cast(Celery, app), stop, sleep=lambda _: None)
    wake.turn([Address("test", "1")])
    assert app.failed.wait(5)
    wake.turn([Address("test", "2")])
    wake.close()
    assert app.sent == ["test:2"]


def test_an_unclaimed_source_is_not_queued_by_every_sweep() -> None:
    recent = RecentlySeen(timedelta(seconds=20))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert recent.filter_new(("a", "b"), now) == ("a", "b")
    assert recent.filter_new(("a", "b", "c"), now + timedelta(seconds=2)) == ("c",)
    assert recent.filter_new(("a", "c"), now + timedelta(seconds=20)) == ("a",)
