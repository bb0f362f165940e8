"""Buttons for what to do next."""

from core.phrases import phrase
from core.reply import Choice

_COMMANDS = {"lesson": "/lesson", "quiz": "/quiz", "review": "/review", "courses": "/courses", "help": "/help"}


def suggest(locale: str, *names: str) -> tuple[Choice, ...]:
    """The named suggestions as buttons that give the command of the same name."""
    return tuple(Choice(label=phrase(f"button.{name}", locale), value=_COMMANDS[name]) for name in names)
