"""Rows that several parts of storage read or write: learners, history and outbound messages."""
