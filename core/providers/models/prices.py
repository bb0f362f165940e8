"""What a model's tokens cost."""

import re
from dataclasses import dataclass, replace

from core.conversation import Usage

_MILLION = 1_000_000
_DATED = re.compile(r"-\d{8}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_write: float
    cache_read: float


LISTED = "2026-10"
"""The month of the price list below: platform.claude.com, models overview, first-party rates, five-minute cache."""

PRICES = {
    "claude-opus-5-5": Price(4.00, 20.00, 5.00, 0.20),
    "claude-opus-5": Price(5.00, 25.00, 6.25, 0.50),
    "claude-sonnet-5-5": Price(2.00, 10.00, 2.50, 0.20),
    "claude-sonnet-5": Price(2.00, 10.00, 2.50, 0.20),
    "claude-haiku-5-5": Price(0.10, 0.50, 0.125, 0.01),
    "claude-opus-4-8": Price(5.00, 25.00, 6.25, 0.50),
    "claude-opus-4-7": Price(5.00, 25.00, 6.25, 0.50),
    "claude-opus-4-6": Price(5.00, 25.00, 6.25, 0.50),
    "claude-opus-4-5": Price(5.00, 25.00, 6.25, 0.50),
    "claude-sonnet-4-6": Price(3.00, 15.00, 3.75, 0.30),
    "claude-sonnet-4-5": Price(3.00, 15.00, 3.75, 0.30),
    "claude-haiku-4-5": Price(1.00, 5.00, 1.25, 0.10),
}
"""By model id without its date. The Haiku 5.5 rate is the one for prompts of up to 100,000 tokens."""


def undated(model: str) -> str:
    """The model's id without the date that may stand behind it."""
    return _DATED.sub("", model)


def listed(model: str) -> bool:
    """Whether it is known what a model costs; that of OpenAI's and of one's own is not."""
    return undated(model) in PRICES


def cost(usage: Usage) -> Usage:
    """The same usage with its cost; 0 for a model that is not listed, never a guess."""
    price = PRICES.get(undated(usage.model))
    if price is None:
        return replace(usage, cost=0.0)
    dollars = (
        usage.input * price.input
        + usage.output * price.output
        + usage.cache_write * price.cache_write
        + usage.cache_read * price.cache_read
    )
    return replace(usage, cost=dollars / _MILLION)
