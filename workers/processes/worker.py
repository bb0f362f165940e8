"""`sona worker`: run turns and deliveries on one event loop beside Celery's threads; with `--ingest`, ingest sources."""

from collections.abc import Callable, Coroutine
from typing import Any

from workers import logs
from workers.compose import assembly
from workers.compose.knowledge import IngestWorker
from workers.compose.turn_worker import TurnWorker
from workers.processes.gc import tune_gc
from workers.queue.celery import INGEST_QUEUE, TURN_QUEUE, App, make_app, on_process_start, start_worker
from workers.queue.loop import LoopThread
from workers.queue.tasks import register_ingest_task, register_turn_tasks
from workers.settings import Settings

_CELERY_THREADS = 4
_GRACE_SECONDS = 20.0
_SWEEP_TIMEOUT = 30.0
_CLEANUP_TIMEOUT = 1800.0

BuildWorker = Callable[[Settings, App], Coroutine[Any, Any, TurnWorker]]


def run(settings: Settings, *, ingest: bool = False) -> None:
    """Run until SIGTERM."""
    logs.set_up()
    if ingest:
        run_ingest(settings)
    else:
        run_turns(settings, build=assembly.start_turn_worker)


def run_turns(settings: Settings, *, build: BuildWorker) -> None:
    """Run turns until SIGTERM, then let running turns finish within the grace time and release the other leases."""
    loop = LoopThread()
    loop.start()
    app = make_app(settings.redis_url)
    worker = loop.call(build(settings, app))

    def sweep() -> None:
        loop.call(worker.sweep(), timeout=_SWEEP_TIMEOUT)

    def cleanup() -> None:
        loop.call(worker.clean_up(), timeout=_CLEANUP_TIMEOUT)

    register_turn_tasks(app, lambda: worker.scheduler, sweep, cleanup)
    sweep()
    tune_gc()
    start_worker(
        app, queue=TURN_QUEUE, pool="threads", threads=_CELERY_THREADS, on_shutdown=worker.scheduler.stop_accepting
    )
    loop.call(worker.close(_GRACE_SECONDS), timeout=_GRACE_SECONDS + 10)
    loop.stop()


def run_ingest(settings: Settings) -> None:
    """Ingest sources in child processes; each creates its event loop after the fork."""
    app = make_app(settings.redis_url)
    workers: list[tuple[LoopThread, IngestWorker]] = []

    def start() -> None:
        loop = LoopThread()
        loop.start()
        workers.append((loop, loop.call(assembly.start_ingest_worker(settings, app))))

    on_process_start(start)
    register_ingest_task(app, lambda: workers[0][0].loop, lambda source: workers[0][1].ingest_source(source))
    start_worker(app, queue=INGEST_QUEUE, pool="prefork", threads=1, on_shutdown=lambda: None)
