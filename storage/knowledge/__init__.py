"""Sources, their passages, and hybrid search in Postgres."""
