"""Discord's application commands: localized names and descriptions, options and their suggestions."""

from collections.abc import Iterator

from bots.discord.commands import MESSAGE_MENU, CommandSpec, LocalizedText, Option
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.intent import Command
from core.learn.course import Course, nearest
from core.learn.terms import key
from core.phrases import DEFAULT, locales, phrase, phrases
from workers.compose.dialogue import catalogue

_MAX_SUGGESTIONS = 25


def command_specs() -> tuple[CommandSpec, ...]:
    """Return every slash command and the commands of the message menu."""
    slash = (
        CommandSpec(
            id=command.name,
            name=_localized_name(command.name),
            description=_localized(command.about),
            option=_option(command),
            private=command.private,
            threaded=command.threaded,
        )
        for command in listed_commands(all_features())
    )
    menu = (
        CommandSpec(
            id=phrase(f"menu.{what}", DEFAULT),
            name=_localized(f"menu.{what}"),
            kind=MESSAGE_MENU,
            private=True,
            slash_command=what,
        )
        for what in ("explain", "card")
    )
    return (*slash, *menu)


def complete(command: str, typed: str, locale: str) -> tuple[tuple[str, str], ...]:
    """Return up to 25 suggestions `(value, label)` for the text typed so far; matches at a word's start come first."""
    prefix = key(typed)
    candidates = [(value, label, key(f"{label} {also}")) for value, label, also in _candidates(command, locale)]
    matches = [
        (not any(word.startswith(prefix) for word in text.split()), value, label)
        for value, label, text in candidates
        if prefix in text
    ]
    return tuple((value, label) for _, value, label in sorted(matches, key=lambda one: one[0])[:_MAX_SUGGESTIONS])


def _candidates(command: str, locale: str) -> Iterator[tuple[str, str, str]]:
    """Yield all possible values: value, label, and further search text."""
    courses = catalogue().courses if command != "language" else ()
    match command:
        case "language":
            yield from ((tag, phrase("language.name", tag), phrase("language.also", tag)) for tag in locales())
        case "courses":
            yield from ((course.code, nearest(course.title, locale), course.code) for course in courses)
        case "lesson" | "quiz":
            for course in courses:
                yield from _units(course, locale)
        case "word":
            for course in courses:
                yield from ((word.word, f"{word.word} – {word.meaning(locale)}", "") for word in course.words)
        case _:
            return


def _units(course: Course, locale: str) -> Iterator[tuple[str, str, str]]:
    for unit in course.units:
        label = f"{nearest(course.title, locale)} · {unit.number}. {unit.name(locale)}"
        yield f"{course.code}/{unit.number}", label, ""


def _option(command: Command) -> Option | None:
    option = command.option
    if not option:
        return None
    voice_modes = (("always", "on"), ("auto", "auto"), ("never", "off"))
    choices = {
        "voice": tuple((value, _localized(f"voice.button_{phrase}")) for phrase, value in voice_modes),
        "what": (("me", _localized("slash.option.what_me")),),
    }
    return Option(
        name=_localized(f"slash.option.{option}"),
        description=_localized(f"slash.option.{option}_about"),
        choices=choices.get(option, ()),
        autocomplete=command.completes,
    )


def _localized_name(command: str) -> LocalizedText:
    """Return the command's localized names, or the name alone when it has none."""
    key = f"slash.name.{command}"
    return _localized(key) if key in phrases(DEFAULT) else {"": command}


def _localized(key: str) -> LocalizedText:
    return {"": phrase(key, DEFAULT), **{tag: phrase(key, tag) for tag in locales()}}
