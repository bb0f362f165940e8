"""The commands as Discord offers them."""

import re

import pytest

from bots.discord.commands import commands_differ
from core.dialogue.feature import all_features, listed_commands
from core.phrases import locales, phrase
from tests.fakes.discord_components import commands, suggestions
from workers.compose.discord_commands import completed, offers

_NAME = re.compile(r"[-_'\w]{1,32}")


def test_every_command_is_offered_by_a_name_that_discord_takes() -> None:
    slash = [offer for offer in offers() if offer.kind == 1]
    assert [offer.id for offer in slash] == [one.name for one in listed_commands(all_features())]
    for offer in slash:
        options = (offer.option.name,) if offer.option else ()
        for words in (offer.name, *options):
            assert all(_NAME.fullmatch(name) and name == name.lower() for name in words.values())
        assert 1 <= len(offer.json()["description"]) <= 100


def test_what_was_offered_is_not_offered_again() -> None:
    assert not commands_differ(offers(), [{**offer.json(), "id": "1", "version": "2"} for offer in offers()])
    assert commands_differ(offers(), [])


def test_discord_would_take_what_is_offered() -> None:
    commands([offer.json() for offer in offers()])


def test_what_is_chosen_from_is_read_in_every_language() -> None:
    chosen = {offer.id: offer.json()["options"][0]["choices"] for offer in offers() if offer.option}
    assert [choice["value"] for choice in chosen["voice"]] == ["on", "auto", "off"]
    for choice in (*chosen["voice"], *chosen["forget"]):
        assert {place.partition("-")[0] for place in choice["name_localizations"]} == set(locales())
    assert chosen["voice"][0]["name_localizations"]["vi"] == phrase("voice.button_always", "vi")


def test_what_only_concerns_who_asks_is_private_and_a_lesson_has_a_thread() -> None:
    assert {offer.id for offer in offers() if offer.private} >= {"progress", "language", "Explain this", "Make a card"}
    assert {offer.id for offer in offers() if offer.threaded} == {"lesson", "quiz"}
    assert {offer.slash_command for offer in offers() if offer.kind == 3} == {"explain", "card"}


def test_units_courses_languages_and_words_are_found_while_they_are_typed() -> None:
    assert [value for value, _ in completed("lesson", "", "en")][:2] == ["toki-pona/1", "toki-pona/2"]
    assert [value for value, _ in completed("quiz", "3.", "en")] == ["toki-pona/3"]
    assert completed("courses", "toki", "es")[0][0] == "toki-pona"
    assert completed("language", "viet", "en") == (("vi", phrase("language.name", "vi")),)
    assert {value for value, _ in completed("language", "", "en")} == set(locales())
    assert completed("word", "telo", "en")[0][0] == "telo"
    assert completed("word", "water", "en")[0][0] == "telo"
    assert completed("new", "", "en") == ()
    assert completed("lesson", "zzzz", "en") == ()


@pytest.mark.parametrize("command", ["lesson", "quiz", "courses", "language", "word"])
def test_discord_would_take_what_is_completed(command: str) -> None:
    found = completed(command, "", "vi")
    assert found
    suggestions({"choices": [{"name": label[:100], "value": value} for value, label in found]})
