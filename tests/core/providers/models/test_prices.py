from core.conversation import Usage
from core.providers.models.prices import PRICES, cost


def test_a_dated_model_costs_what_its_model_costs() -> None:
    assert cost(Usage(model="claude-haiku-4-5-20251001", input=1_000_000)).cost == PRICES["claude-haiku-4-5"].input


def test_a_model_that_is_not_listed_costs_nothing_known() -> None:
    assert cost(Usage(model="claude-sonnet-55", input=1_000_000, cost=3)).cost == 0


def test_reading_from_the_cache_is_cheaper_and_writing_dearer_than_sending() -> None:
    assert all(price.cache_read < price.input < price.cache_write for price in PRICES.values())
