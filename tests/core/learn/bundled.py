from functools import cache
from pathlib import Path

from core.learn.course import Course
from core.learn.load import load


@cache
def toki_pona() -> Course:
    """The course that comes with Sona."""
    return load(Path(__file__).parents[3] / "courses" / "toki-pona")
