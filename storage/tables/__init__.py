"""All tables, on one metadata."""

from storage.tables import consent, feed, install, knowledge, person, rating, street, study
from storage.tables.metadata import metadata

__all__ = ["consent", "feed", "install", "knowledge", "metadata", "person", "rating", "street", "study"]
