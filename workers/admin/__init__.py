"""Migrations, backups, health checks and the context of terminal commands."""
