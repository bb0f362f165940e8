"""The model chosen by the settings, and its check."""

from typing import Any

import pytest

from tests.fakes import anthropic, openai_chat
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.openai_chat import FakeOpenAI
from tests.fakes.scripted_stream import Say
from workers.compose import dialogue
from workers.settings import Settings


def _settings(**chosen: Any) -> Settings:
    return Settings.model_construct(**chosen)


@pytest.mark.parametrize(("chosen", "asked"), [("", "low"), ("high", "high")])
async def test_claude_uses_low_effort_by_default(chosen: str, asked: str) -> None:
    async with FakeAnthropic() as fake:
        fake.add(Say("OK"))
        settings = _settings(anthropic_api_key=anthropic.KEY, anthropic_base_url=fake.url, effort=chosen)
        (probe,) = dialogue.probes(settings)
        assert await probe.run() == f"{anthropic.MODEL} answers"
        assert fake.requests[-1]["output_config"] == {"effort": asked}


async def test_the_check_mentions_that_a_models_price_is_unknown() -> None:
    async with FakeOpenAI() as fake:
        fake.add(Say("OK"))
        settings = _settings(openai_api_key=openai_chat.KEY, openai_base_url=fake.url, model=openai_chat.MODEL)
        (probe,) = dialogue.probes(settings)
        assert await probe.run() == f"{openai_chat.MODEL} answers; its price is unknown, and costs are recorded as 0"
