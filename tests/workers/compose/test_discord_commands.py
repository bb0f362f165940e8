"""Discord's application commands."""

import re

import pytest

from bots.discord.commands import commands_differ
from core.dialogue.feature import all_features, listed_commands
from core.phrases import locales, phrase
from tests.fakes.discord_components import commands, suggestions
from workers.compose.discord_commands import command_specs, complete

_NAME = re.compile(r"[-_'\w]{1,32}")


def test_every_command_has_a_valid_discord_name() -> None:
    slash = [offer for offer in command_specs() if offer.kind == 1]
    assert [offer.id for offer in slash] == [one.name for one in listed_commands(all_features())]
    for offer in slash:
        options = (offer.option.name,) if offer.option else ()
        for words in (offer.name, *options):
            assert all(_NAME.fullmatch(name) and name == name.lower() for name in words.values())
        assert 1 <= len(offer.json()["description"]) <= 100


def test_unchanged_commands_are_not_registered_again() -> None:
    assert not commands_differ(
        command_specs(), [{**offer.json(), "id": "1", "version": "2"} for offer in command_specs()]
    )
    assert commands_differ(command_specs(), [])


def test_discord_accepts_the_commands() -> None:
    commands([offer.json() for offer in command_specs()])


def test_choices_are_localized_in_every_language() -> None:
    chosen = {offer.id: offer.json()["options"][0]["choices"] for offer in command_specs() if offer.option}
    assert [choice["value"] for choice in chosen["voice"]] == ["on", "auto", "off"]
    for choice in (*chosen["voice"], *chosen["forget"]):
        assert {place.partition("-")[0] for place in choice["name_localizations"]} == set(locales())
    assert chosen["voice"][0]["name_localizations"]["vi"] == phrase("voice.button_always", "vi")


def test_personal_commands_are_private_and_lessons_open_threads() -> None:
    assert {offer.id for offer in command_specs() if offer.private} >= {
        "progress",
        "language",
        "Explain this",
        "Make a card",
    }
    assert {offer.id for offer in command_specs() if offer.threaded} == {"lesson", "quiz"}
    assert {offer.slash_command for offer in command_specs() if offer.kind == 3} == {"explain", "card"}


def test_units_courses_languages_and_words_are_suggested() -> None:
    assert [value for value, _ in complete("lesson", "", "en")][:2] == ["toki-pona/1", "toki-pona/2"]
    assert [value for value, _ in complete("quiz", "3.", "en")] == ["toki-pona/3"]
    assert complete("courses", "toki", "es")[0][0] == "toki-pona"
    assert complete("language", "viet", "en") == (("vi", phrase("language.name", "vi")),)
    assert {value for value, _ in complete("language", "", "en")} == set(locales())
    assert complete("word", "telo", "en")[0][0] == "telo"
    assert complete("word", "water", "en")[0][0] == "telo"
    assert complete("new", "", "en") == ()
    assert complete("lesson", "zzzz", "en") == ()


@pytest.mark.parametrize("command", ["lesson", "quiz", "courses", "language", "word"])
def test_discord_accepts_the_suggestions(command: str) -> None:
    found = complete(command, "", "vi")
    assert found
    suggestions({"choices": [{"name": label[:100], "value": value} for value, label in found]})
