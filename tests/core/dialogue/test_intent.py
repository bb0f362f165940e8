"""Events are read into intents, by what the features declare."""

import pytest

from core.address import Address
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.intent import Command, Intent, IntentParser, Intents, PlainWords, button
from core.event import Body, Due, Event, Joined, Said, Sender, Spoke, Tapped
from core.phrases import locales, phrases
from tests.fakes.collaborators import StillClock
from tests.fakes.dialogue import incoming


def event(body: Body, *, addressed: bool = True) -> Event:
    at = StillClock().now()
    return Event(id="web:1", address=Address("web", "c"), sender=Sender(id="s"), at=at, body=body, addressed=addressed)


@pytest.mark.parametrize(
    ("body", "locale", "expected"),
    [
        (Said(text="/quiz@SonaBot 3"), "en", "quiz:3"),
        (Said(text="Quiz me!"), "en", "quiz:"),
        (Said(text="quiz 3"), "vi", "quiz:3"),
        (Said(text="Lesson 12."), "en", "lesson:12"),
        (Said(text="3"), "en", None),
        (Said(text="progress 3"), "en", None),
        (Said(text="Ôn tập"), "vi", "review:"),
        (Spoke(heard="Repasar."), "es-MX", "review:"),
        (Said(text="quiz me"), "vi", "quiz:"),
        (Tapped(choice="/lesson"), "en", "lesson:"),
        (Tapped(choice="/explain 2"), "en", "explain:2"),
        (Tapped(choice="/explain mi moku"), "en", "explain_text:mi moku"),
        (Tapped(choice="/next"), "en", "next:"),
        (Tapped(choice="/stop"), "en", "stop:"),
        (Tapped(choice="/courses toki-pona"), "en", "courses:toki-pona"),
        (Joined(start="course-toki-pona"), "en", "courses:toki-pona"),
        (Due(what="review"), "en", "due:review"),
        (Said(text="/dance now"), "en", "unknown_command:dance now"),
        (Said(text="I want a quiz about fish"), "en", None),
        (Tapped(choice="q:1.1:2"), "en", None),
        (Due(what="cleaning"), "en", None),
    ],
)
def test_intents_are_understood(body: Body, locale: str, expected: str | None) -> None:
    found = incoming(event(body), locale).intent
    assert (f"{found.name}:{found.arguments}" if found else None) == expected


def test_every_feature_folder_is_found_and_commands_and_aliases_are_told_apart() -> None:
    features = all_features()
    assert [feature.name for feature in features] == sorted(feature.name for feature in features)
    names = [name for feature in features for one in feature.commands for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("locale", locales())
def test_listed_commands_are_described_in_every_language(locale: str) -> None:
    listed = listed_commands(all_features())
    assert [one.name for one in listed][:3] == ["start", "lesson", "quiz"]
    assert listed[-1].name == "help"
    assert all(3 <= len(phrases(locale)[one.about]) <= 100 for one in listed)


def test_a_button_gives_a_command() -> None:
    choice = button("More", "explain", "2")
    assert choice.value == "/explain 2"
    assert incoming(event(Tapped(choice=choice.value))).intent == Intent(name="explain", arguments="2", source="button")


def test_a_parser_knows_only_what_is_declared() -> None:
    dance = Command(name="dance", aliases=("samba",), accepts=r"[0-9]+", otherwise="dance_about")
    intents = Intents(
        words={"dance": PlainWords(phrase="study.words.review")},
        patterns={"step": r"step (\w+)"},
        links={"dance": "d-"},
    )
    parser = IntentParser([((dance,), intents)])

    def read(body: Body, *, addressed: bool = True) -> Intent | None:
        return parser.parse(event(body, addressed=addressed), "en").intent

    assert read(Said(text="/samba 2")) == Intent(name="dance", arguments="2", source="command")
    assert read(Said(text="/dance with me")) == Intent(name="dance_about", arguments="with me", source="command")
    assert read(Said(text="Review!")) == Intent(name="dance", source="words")
    assert read(Spoke(heard="review")) == Intent(name="dance", source="speech")
    assert read(Said(text="review 2")) is None
    assert read(Said(text="step left")) == Intent(name="step", arguments="left", source="words")
    assert read(Said(text="step left"), addressed=False) is None
    assert read(Joined(start="d-12")) == Intent(name="dance", arguments="12", source="link")
    assert read(Joined(start="x-12")) == Intent(name="start", arguments="x-12", source="link")
    assert read(Said(text="/review")) == Intent(name="unknown_command", arguments="review", source="command")
    assert read(Due(what="review")) is None
