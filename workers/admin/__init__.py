"""Migrations, backups, health checks and what the command line needs."""
