"""`sona worker`: turns and deliveries, on one loop beside Celery's threads."""

from collections.abc import Callable, Coroutine
from typing import Any

from celery import Celery

from workers import logs
from workers.celery import STREET, make_app, start_worker
from workers.loop import LoopThread
from workers.rooms import StreetRooms
from workers.settings import Settings
from workers.tasks import register_street

THREADS = 4
GRACE = 20.0

Furnish = Callable[[Settings, Celery], Coroutine[Any, Any, StreetRooms]]


def run(settings: Settings, *, furnish: Furnish) -> None:
    """Work until SIGTERM, then let running turns end within the grace time and give the other leases back."""
    logs.set_up()
    street = LoopThread()
    street.start()
    app = make_app(settings.redis_url)
    rooms = street.call(furnish(settings, app))

    def sweep() -> None:
        street.call(rooms.swept(), timeout=30)

    register_street(app, lambda: rooms.house, sweep)
    street.call(rooms.swept(), timeout=30)
    start_worker(app, queue=STREET, pool="threads", threads=THREADS, closing=rooms.house.shut)
    street.call(rooms.close(GRACE), timeout=GRACE + 10)
    street.stop()
