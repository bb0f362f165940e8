"""The model that the settings name, and how it is asked."""

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
async def test_claude_is_asked_to_think_little_unless_a_setting_says_more(chosen: str, asked: str) -> None:
    async with FakeAnthropic() as fake:
        fake.add(Say("OK"))
        settings = _settings(anthropic_api_key=anthropic.KEY, anthropic_base_url=fake.url, effort=chosen)
        (probe,) = dialogue.probes(settings)
        assert await probe.run() == f"{anthropic.MODEL} answers"
        assert fake.requests[-1]["output_config"] == {"effort": asked}


async def test_of_a_model_without_a_listed_price_it_is_said_that_its_cost_is_not_known() -> None:
    async with FakeOpenAI() as fake:
        fake.add(Say("OK"))
        settings = _settings(openai_api_key=openai_chat.KEY, openai_base_url=fake.url, model=openai_chat.MODEL)
        (probe,) = dialogue.probes(settings)
        assert await probe.run() == f"{openai_chat.MODEL} answers; what it costs is not known, and kept as 0"
