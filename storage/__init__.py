"""Adapters to Postgres and Valkey: all SQL, all transactions and all Valkey keys."""
