"""Pub/sub, stop signals, counters and message drafts in Valkey; all of it may be lost at any time."""
