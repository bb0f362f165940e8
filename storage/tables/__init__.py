"""All tables, on one metadata object."""

from storage.tables import consent, feed, installs, knowledge, messaging, people, ratings, study
from storage.tables.metadata import metadata

__all__ = ["consent", "feed", "installs", "knowledge", "messaging", "metadata", "people", "ratings", "study"]
