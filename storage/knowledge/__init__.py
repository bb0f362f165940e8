"""Sources, passages and search."""
