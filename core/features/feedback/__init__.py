"""Ratings of answers."""
