import pytest

from core.learn.course import Course
from tests.core.learn.bundled import toki_pona


@pytest.fixture(scope="session")
def course() -> Course:
    return toki_pona()
