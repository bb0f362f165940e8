"""Learners, identities, link codes, consent, installs, ratings and personal data in Postgres."""
