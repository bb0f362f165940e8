"""All tables, on one metadata."""

from storage.tables import feed, street, study
from storage.tables.metadata import metadata

__all__ = ["feed", "metadata", "street", "study"]
