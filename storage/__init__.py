"""The wall to Postgres and Valkey: all SQL, all commits, all keys."""
