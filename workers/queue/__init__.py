"""Celery: tasks, scheduling and the event loop beside it."""
