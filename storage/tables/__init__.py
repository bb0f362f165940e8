"""All tables, on one metadata."""

from storage.tables import feed, knowledge, street, study
from storage.tables.metadata import metadata

__all__ = ["feed", "knowledge", "metadata", "street", "study"]
