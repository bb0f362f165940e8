"""`sona beat`: rings the sweep."""

from workers import logs
from workers.queue.celery import make_app, start_beat
from workers.settings import Settings


def run(settings: Settings) -> None:
    """Ring until SIGTERM."""
    logs.set_up()
    start_beat(make_app(settings.redis_url))
