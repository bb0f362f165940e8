"""The commands as Discord offers them: names and descriptions in every language, and what may be filled in."""

from bots.discord.commands import ON_MESSAGE, Offer, Option, Words
from core.mind.commands import COMMANDS
from core.phrases import DEFAULT, locales, phrases, say

_OPTIONS = {"lesson": "unit", "quiz": "unit", "language": "language", "voice": "voice", "word": "word"}


def offers() -> tuple[Offer, ...]:
    """Every general command, and what can be done with somebody's message."""
    slash = (
        Offer(
            id=info.name,
            name=_named(info.name),
            about=_everywhere(info.about),
            option=_option(info.name),
        )
        for info in COMMANDS
    )
    menu = (
        Offer(id=say(key, DEFAULT), name=_everywhere(key), kind=ON_MESSAGE) for key in ("menu.explain", "menu.card")
    )
    return (*slash, *menu)


def _option(command: str) -> Option | None:
    asked = _OPTIONS.get(command)
    if asked is None:
        return None
    choices = {
        "language": tuple((tag, say("language.name", tag)) for tag in locales()),
        "voice": tuple(
            (value, say(f"voice.button_{key}", DEFAULT))
            for key, value in (("always", "on"), ("auto", "auto"), ("never", "off"))
        ),
    }
    return Option(
        name=_everywhere(f"slash.option.{asked}"),
        about=_everywhere(f"slash.option.{asked}_about"),
        choices=choices.get(asked, ()),
    )


def _named(command: str) -> Words:
    """Its name in every language, where it has any but its own."""
    key = f"slash.name.{command}"
    return _everywhere(key) if key in phrases(DEFAULT) else {"": command}


def _everywhere(key: str) -> Words:
    return {"": say(key, DEFAULT), **{tag: say(key, tag) for tag in locales()}}
