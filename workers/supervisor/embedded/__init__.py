"""Postgres and Valkey from wheels, each as a program for the supervisor, with its data under the home."""
