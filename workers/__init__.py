"""The processes: settings, composition root, Celery, supervisor and command line."""
