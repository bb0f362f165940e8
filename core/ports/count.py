"""Counting what happens, for operators."""

from typing import Protocol


class Count(Protocol):
    def __call__(self, name: str, /, **labels: str) -> None:
        """Count one more of `name`; labels have few values and never name a person."""
        ...
