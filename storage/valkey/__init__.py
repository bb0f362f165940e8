"""What lives in Valkey: PubSub, stop signals, counters and drafts."""
