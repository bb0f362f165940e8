"""Retention, expiry and health of the stored data."""
