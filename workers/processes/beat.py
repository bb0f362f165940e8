"""`sona beat`: schedule the sweep and the clean-up."""

from workers import logs
from workers.queue.celery import make_app, start_beat
from workers.settings import Settings


def run(settings: Settings) -> None:
    """Run until SIGTERM."""
    logs.set_up()
    start_beat(make_app(settings.redis_url))
