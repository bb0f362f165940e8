import pytest

from storage.database import Database
from tests.fakes.street import Street


@pytest.fixture
def street(database: Database) -> Street:
    return Street(database)
