"""Postgres and Valkey from wheels, each as a program for the supervisor to keep, with its data under the home."""
