"""Measurements, each beside its peer or floor taken in the same run."""
