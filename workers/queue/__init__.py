"""Celery tasks, the turn scheduler and the event loop beside Celery's threads."""
