"""Connections, statements and errors of the database."""
