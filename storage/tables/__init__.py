"""All tables, on one metadata."""

from storage.tables import consent, feed, knowledge, street, study
from storage.tables.metadata import metadata

__all__ = ["consent", "feed", "knowledge", "metadata", "street", "study"]
