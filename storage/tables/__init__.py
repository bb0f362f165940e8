"""All tables, on one metadata."""

from storage.tables import consent, feed, install, knowledge, rating, street, study
from storage.tables.metadata import metadata

__all__ = ["consent", "feed", "install", "knowledge", "metadata", "rating", "street", "study"]
