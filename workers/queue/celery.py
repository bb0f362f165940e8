"""The Celery app over Valkey; nothing in the queue is durable."""

import os
import warnings
from collections.abc import Callable

from celery import Celery, signals
from celery.exceptions import SecurityWarning

App = Celery
TURN_TASK, DELIVERY_TASK, INGEST_TASK, SWEEP_TASK, CLEANUP_TASK = (
    "sona.turn",
    "sona.delivery",
    "sona.ingest",
    "sona.sweep",
    "sona.cleanup",
)
TURN_QUEUE, INGEST_QUEUE = "turns", "ingest"
SWEEP_SECONDS = 2.0
CLEANUP_SECONDS = 3600.0


def broker_url(redis_url: str) -> str:
    """Return the URL in kombu's form: unix sockets are `redis+socket://`."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url.startswith("unix://") else redis_url


def make_app(redis_url: str) -> Celery:
    """Return an app without results or redelivery; the sweep reschedules what a lost task was for."""
    app = Celery("sona", broker=broker_url(redis_url), set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        task_default_queue=TURN_QUEUE,
        task_routes={INGEST_TASK: {"queue": INGEST_QUEUE}},
        task_publish_retry=False,
        worker_prefetch_multiplier=8,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=2,
        broker_transport_options={
            "ack_emulation": False,  # the sweep replaces tasks lost with a worker, so they need no acknowledgement
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        beat_schedule={
            "sweep": _run_every(SWEEP_SECONDS, SWEEP_TASK),
            "cleanup": _run_every(CLEANUP_SECONDS, CLEANUP_TASK),
        },
        timezone="UTC",
    )
    return app


def _run_every(seconds: float, task: str) -> dict[str, object]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _ignore_root_warning() -> None:
    """Silence Celery's warning to root about pickled tasks; ours are JSON only."""
    warnings.filterwarnings("ignore", category=SecurityWarning)


def start_worker(app: Celery, *, queue: str, pool: str, threads: int, on_shutdown: Callable[[], None]) -> None:
    """Run tasks until SIGTERM; `on_shutdown` is called before Celery waits for running tasks."""
    _ignore_root_warning()
    signals.worker_shutting_down.connect(_as_receiver(on_shutdown), weak=False)
    app.Worker(
        pool=pool,
        concurrency=threads,
        queues=[queue],
        hostname=f"{queue}@{os.getpid()}",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="WARNING",
        quiet=True,
    ).start()


def on_process_start(start: Callable[[], None]) -> None:
    """Call `start` in every child of a prefork pool, after the fork."""
    signals.worker_process_init.connect(_as_receiver(start), weak=False)


def start_beat(app: Celery) -> None:
    """Run the beat scheduler until SIGTERM; its state is in memory only."""
    app.Beat(scheduler="celery.beat:Scheduler", max_interval=1, loglevel="WARNING", quiet=True).run()


def _as_receiver(function: Callable[[], None]) -> Callable[..., None]:
    def receiver(**_: object) -> None:
        function()

    return receiver
