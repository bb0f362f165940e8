"""Onboarding, help and errors speak the person's language from the first word, on every channel."""

import re
from dataclasses import replace

import pytest

from core.phrases import phrase, phrases
from core.reply import Text
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.messaging import Street
from tests.fakes.scripted_stream import Fail
from tests.stories.clients.discord import DiscordPhone
from tests.stories.conftest import Meet
from tests.stories.conversation import Talk

CHANNELS = ["web", "terminal", "telegram", "discord", "slack", "sms"]
LOCALES = ["en", "vi", "es"]


def english(text: str) -> list[str]:
    """What of the English phrases stands in a text, by pieces of three words or more between their placeholders."""
    pieces = {piece.strip() for phrase in phrases("en").values() for piece in re.split(r"\{\w+\}|\|", phrase)}
    return [piece for piece in pieces if len(piece.split()) > 2 and piece in text]


def words(reply: Text) -> str:
    return "\n".join((reply.text, *(choice.label for choice in reply.choices)))


async def _starts(talk: Talk) -> Text:
    """Say the first word, where nobody was greeted already; in Discord only commands tell the language."""
    talk.forgets()
    if isinstance(talk.phone, DiscordPhone):
        await talk.phone.commands("start")
        await talk.settles()
    else:
        await talk.says("/start")
    return await talk.hears(Text)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_onboarding_help_and_errors_are_in_the_persons_language(
    meet: Meet, claude: FakeAnthropic, channel: str, locale: str
) -> None:
    talk = await meet(channel, locale)
    told = [await _starts(talk)]
    await talk.says("/help")
    told.append(await talk.hears(Text))
    await talk.says("/qwxz")
    told.append(await talk.hears(Text))
    for _ in range(10):
        claude.add(Fail(500, "api_error"))
    await talk.says("Yi?")
    told.append(await talk.hears(Text))
    for reply, key in zip(told, ("start.next", "help.more", "help.unknown", "failure.model"), strict=True):
        assert phrase(key, locale, command="/qwxz") in reply.text
    if locale != "en":
        assert [english(words(reply)) for reply in told] == [[]] * len(told)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("channel", ["web", "terminal"])
async def test_who_only_opens_the_page_or_the_program_is_greeted_in_their_language(
    meet: Meet, channel: str, locale: str
) -> None:
    talk = await meet(channel, locale)
    if channel == "terminal":
        await talk.says("/start")
    greeting = await talk.hears(Text)
    assert phrase("start.next", locale) in greeting.text
    assert locale == "en" or not english(words(greeting))


def test_english_would_be_noticed() -> None:
    assert english(phrase("help.more", "en"))
    assert not english(phrase("help.more", "vi"))


async def test_a_language_that_the_first_words_did_not_tell_is_taken_from_the_first_command(meet: Meet) -> None:
    """Discord tells the language of who uses a command, and not of who writes."""
    talk = await meet("discord", "vi")
    await talk.says("/start")
    assert phrase("start.next", "en") in (await talk.hears(Text)).text
    assert isinstance(talk.phone, DiscordPhone)
    await talk.phone.commands("help")
    await talk.settles()
    assert phrase("help.more", "vi") in (await talk.hears(Text)).text
    await talk.says("/qwxz")
    assert phrase("help.unknown", "vi", command="/qwxz") in (await talk.hears(Text)).text


async def test_the_language_is_that_of_the_first_event_that_tells_it(street: Street) -> None:
    spoken: list[str] = []
    for locale in ("", "es-ES", "vi", ""):
        event = street.event("/help")
        await street.receive(replace(event, sender=replace(event.sender, locale=locale)))
        await street.answers()
        spoken.append(street.mind.openings[-1].conversation.learner.locale)
    assert spoken == ["en", "es-ES", "es-ES", "es-ES"]
