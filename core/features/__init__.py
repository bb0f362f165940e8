"""Features: one folder each, with one declaration."""
