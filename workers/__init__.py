"""The processes: settings, assembly, Celery, supervisor and command line."""
