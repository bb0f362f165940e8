"""Inbox, turns, outbox, feed and files."""
