"""Learners, identities, link codes, consent, ratings and personal data."""
