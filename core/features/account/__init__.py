"""One person on many channels: linking, resuming, personal data and deletion."""
