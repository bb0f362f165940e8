"""The Celery app: a doorbell over Valkey, nothing durable in it."""

from celery import Celery

TURN, DELIVERY, READING, SWEEP = "sona.turn", "sona.delivery", "sona.reading", "sona.sweep"
STREET, SHELF = "street", "shelf"
SWEEP_SECONDS = 2.0


def broker_url(redis_url: str) -> str:
    """The same Valkey as kombu writes it: unix sockets are `redis+socket://`."""
    return redis_url.replace("unix://", "redis+socket://", 1) if redis_url.startswith("unix://") else redis_url


def make_app(redis_url: str) -> Celery:
    """An app that keeps no results and loses rings rather than repeating them; the sweep finds lost ones."""
    app = Celery("sona", broker=broker_url(redis_url), set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        task_default_queue=STREET,
        task_routes={READING: {"queue": SHELF}},
        task_publish_retry=False,
        worker_prefetch_multiplier=8,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=2,
        broker_transport_options={"socket_connect_timeout": 2, "socket_keepalive": True, "health_check_interval": 10},
        beat_schedule={"sweep": {"task": SWEEP, "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}}},
        timezone="UTC",
    )
    return app
