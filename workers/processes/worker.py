"""`sona worker`: turns and deliveries, on one loop beside Celery's threads; with `--ingest`, the reading of sources."""

from collections.abc import Callable, Coroutine
from typing import Any

from workers import logs
from workers.compose import assembly
from workers.compose.knowledge import IngestWorker
from workers.compose.turn_worker import TurnWorker
from workers.processes.gc import settle
from workers.queue.celery import SHELF, STREET, App, in_each_process, make_app, start_worker
from workers.queue.loop import LoopThread
from workers.queue.tasks import register_shelf, register_street
from workers.settings import Settings

THREADS = 4
GRACE = 20.0
SWEEP_SECONDS = 30.0
CLEANUP_SECONDS = 1800.0

BuildWorker = Callable[[Settings, App], Coroutine[Any, Any, TurnWorker]]


def run(settings: Settings, *, ingest: bool = False) -> None:
    """Work until SIGTERM."""
    logs.set_up()
    if ingest:
        run_shelf(settings)
    else:
        run_street(settings, furnish=assembly.street_rooms)


def run_street(settings: Settings, *, furnish: BuildWorker) -> None:
    """Run turns; at the end let those under way finish within the grace time and give the other leases back."""
    street = LoopThread()
    street.start()
    app = make_app(settings.redis_url)
    rooms = street.call(furnish(settings, app))

    def sweep() -> None:
        street.call(rooms.swept(), timeout=SWEEP_SECONDS)

    def cleanup() -> None:
        street.call(rooms.cleaned(), timeout=CLEANUP_SECONDS)

    register_street(app, lambda: rooms.house, sweep, cleanup)
    sweep()
    settle()
    start_worker(app, queue=STREET, pool="threads", threads=THREADS, closing=rooms.house.shut)
    street.call(rooms.close(GRACE), timeout=GRACE + 10)
    street.stop()


def run_shelf(settings: Settings) -> None:
    """Read sources in processes of their own, each with a loop made after the fork."""
    app = make_app(settings.redis_url)
    rooms: list[tuple[LoopThread, IngestWorker]] = []

    def begin() -> None:
        shelf = LoopThread()
        shelf.start()
        rooms.append((shelf, shelf.call(assembly.shelf_rooms(settings, app))))

    in_each_process(begin)
    register_shelf(app, lambda: rooms[0][0].loop, lambda source: rooms[0][1].read(source))
    start_worker(app, queue=SHELF, pool="prefork", threads=1, closing=lambda: None)
