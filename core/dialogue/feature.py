"""The declaration of a feature, from which the dispatcher, command menus and help are derived."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from core.dialogue.draft import Answerer
from core.dialogue.intent import Command, IntentParser, Intents


class Priority(IntEnum):
    """Who is asked first: the lower, the earlier."""

    RATING = 0
    PERSON = 10
    PENDING = 20
    QUIZ = 30
    INTENT = 40
    FALLBACK = 50
    CONTENT = 60
    NOTICE = 70
    LINKS = 80
    TALK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """`name` is the folder's. `commands` and `intents` say what the feature understands."""

    name: str
    commands: tuple[Command, ...] = ()
    intents: Intents = field(default_factory=Intents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An answerer with its priority and the intents it takes; with `None` it is offered every event."""

    answerer: Answerer
    priority: Priority
    intents: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureParts:
    """What a feature's `compose` builds from its collaborators. `tools` are toolsets, or tools on their own."""

    answerers: tuple[Registered, ...] = ()
    tools: tuple[object, ...] = ()


@cache
def all_features() -> tuple[Feature, ...]:
    """The `FEATURE` of every folder below `core/features`, in alphabetical order of the folders."""
    package = import_module("core.features")
    modules = (import_module(f"core.features.{found.name}") for found in iter_modules(package.__path__))
    return tuple(module.FEATURE for module in modules)


def listed_commands(features: Iterable[Feature]) -> tuple[Command, ...]:
    """The commands of menus and help, in their order."""
    commands = (command for feature in features for command in feature.commands if command.listed)
    return tuple(sorted(commands, key=lambda command: command.rank))


def parser(features: Iterable[Feature]) -> IntentParser:
    return IntentParser((feature.commands, feature.intents) for feature in features)
