"""Retention, expiry and health."""
