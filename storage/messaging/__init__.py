"""Inbox, turns, outbox, feed and blobs in Postgres."""
