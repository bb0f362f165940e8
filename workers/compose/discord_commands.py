"""The commands as Discord offers them: names and descriptions in every language, and what may be filled in."""

from collections.abc import Iterator

from bots.discord.commands import MESSAGE_MENU, CommandSpec, LocalizedText, Option
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.intent import Command
from core.learn.course import Course, nearest
from core.learn.terms import key
from core.phrases import DEFAULT, locales, phrase, phrases
from workers.compose.dialogue import catalogue

_MOST = 25


def offers() -> tuple[CommandSpec, ...]:
    """Every general command, and what can be done with somebody's message."""
    slash = (
        CommandSpec(
            id=command.name,
            name=_named(command.name),
            description=_everywhere(command.about),
            option=_option(command),
            private=command.private,
            threaded=command.threaded,
        )
        for command in listed_commands(all_features())
    )
    menu = (
        CommandSpec(
            id=phrase(f"menu.{what}", DEFAULT),
            name=_everywhere(f"menu.{what}"),
            kind=MESSAGE_MENU,
            private=True,
            slash_command=what,
        )
        for what in ("explain", "card")
    )
    return (*slash, *menu)


def completed(command: str, typed: str, locale: str) -> tuple[tuple[str, str], ...]:
    """What fits to what was typed so far, as value and label, in the language of who types; what begins so comes first."""
    wanted = key(typed)
    found = [(value, label, key(f"{label} {also}")) for value, label, also in _known(command, locale)]
    fitting = [
        (not any(word.startswith(wanted) for word in text.split()), value, label)
        for value, label, text in found
        if wanted in text
    ]
    return tuple((value, label) for _, value, label in sorted(fitting, key=lambda one: one[0])[:_MOST])


def _known(command: str, locale: str) -> Iterator[tuple[str, str, str]]:
    """Everything that may be filled in: value, label, and by what else it is found."""
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
    asked = command.option
    if not asked:
        return None
    manners = (("always", "on"), ("auto", "auto"), ("never", "off"))
    choices = {
        "voice": tuple((value, _everywhere(f"voice.button_{phrase}")) for phrase, value in manners),
        "what": (("me", _everywhere("slash.option.what_me")),),
    }
    return Option(
        name=_everywhere(f"slash.option.{asked}"),
        description=_everywhere(f"slash.option.{asked}_about"),
        choices=choices.get(asked, ()),
        autocomplete=command.completes,
    )


def _named(command: str) -> LocalizedText:
    """Its name in every language, where it has any but its own."""
    key = f"slash.name.{command}"
    return _everywhere(key) if key in phrases(DEFAULT) else {"": command}


def _everywhere(key: str) -> LocalizedText:
    return {"": phrase(key, DEFAULT), **{tag: phrase(key, tag) for tag in locales()}}
