"""Database connections, statement execution, batching, error mapping and encryption at rest."""
