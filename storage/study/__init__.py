"""Review cards and unit progress in Postgres."""
