"""What an event asks for: commands, buttons, plain words, deep links and reminders, read once into an `Intent`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from core.dialogue.text import command, stops, words
from core.event import Due, Event, Joined, Said, Spoke, Tapped
from core.learn.terms import key
from core.phrases import DEFAULT, phrase
from core.reply import Choice

IntentSource = Literal["command", "button", "words", "speech", "link", "event"]
UNKNOWN_COMMAND = "unknown_command"
"""The intent of a command that no feature declares; its arguments are the command's name and what follows it."""
_LONGEST_WORDS = 200
"""Characters; a longer text asks for nothing in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is asked for, what it is about (a unit, a word, a code; perhaps empty), and how it was asked."""

    name: str
    arguments: str = ""
    source: IntentSource = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An event with its intent, `None` where it has none."""

    event: Event
    intent: Intent | None = None

    @property
    def text(self) -> str:
        """What the person wrote, said or tapped."""
        return words(self.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command without its slash; it asks for `intent`, which is its own name if empty.

    Listed commands stand in menus and in `/help` in the order of `rank`, described by the phrase `command.<name>`. The
    answer to a `private` one concerns only the person who asks. Arguments that do not match the pattern `accepts` ask
    for `otherwise`. `option` names the argument in forms (phrases `slash.option.<option>`), whose values a form can
    complete if `completes`; `threaded` suggests a thread of its own in a group.
    """

    name: str
    intent: str = ""
    aliases: tuple[str, ...] = ()
    listed: bool = True
    private: bool = False
    rank: int = 0
    accepts: str = ""
    otherwise: str = ""
    option: str = ""
    completes: bool = False
    threaded: bool = False

    @property
    def about(self) -> str:
        """The key of the phrase that describes it."""
        return f"command.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainWords:
    """Words that ask for an intent: the phrase lists them, with `|` between. A number may follow where `numbered`."""

    phrase: str
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intents:
    """What one feature understands, besides its commands, by the name of the intent.

    `patterns` match a whole message and give their first group as arguments; `links` are prefixes of deep links'
    payloads, `reminders` the names of due reminders.
    """

    words: Mapping[str, PlainWords] = field(default_factory=dict[str, PlainWords])
    patterns: Mapping[str, str] = field(default_factory=dict[str, str])
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    reminders: Mapping[str, str] = field(default_factory=dict[str, str])


def button(label: str, command: str, arguments: str = "") -> Choice:
    """A button that gives a command."""
    return Choice(label=label, value=f"/{command} {arguments}".strip())


class IntentParser:
    """Reads events by what the features declare; commands are told apart by name and alias."""

    def __init__(self, declared: Iterable[tuple[Iterable[Command], Intents]]) -> None:
        self._commands: dict[str, Command] = {}
        self._words: dict[str, PlainWords] = {}
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        self._links: dict[str, str] = {}
        self._reminders: dict[str, str] = {}
        for commands, intents in declared:
            for one in commands:
                self._commands |= dict.fromkeys((one.name, *one.aliases), one)
            self._words |= intents.words
            self._patterns += [(name, re.compile(pattern)) for name, pattern in intents.patterns.items()]
            self._links |= {prefix: name for name, prefix in intents.links.items()}
            self._reminders |= {what: name for name, what in intents.reminders.items()}
        self._meaning = lru_cache(maxsize=32)(self._meanings)

    def parse(self, event: Event, locale: str) -> Incoming:
        """The event with its intent; plain words count in this locale and in English."""
        return Incoming(event=event, intent=self._intent(event, locale))

    def _intent(self, event: Event, locale: str) -> Intent | None:
        if stops(event):
            return Intent(name="stop", source="command" if command(event) else "words")
        match event.body:
            case Said():
                return self._command(event, "command") or self._pattern(event) or self._plain(event, locale, "words")
            case Spoke():
                return self._plain(event, locale, "speech")
            case Tapped():
                return self._command(event, "button")
            case Joined(start=start):
                return self._link(start)
            case Due(what=what) if what in self._reminders:
                return Intent(name=self._reminders[what], arguments=what)
            case _:
                return None

    def _command(self, event: Event, source: IntentSource) -> Intent | None:
        found = command(event)
        if found is None:
            return None
        name, arguments = found
        known = self._commands.get(name)
        if known is None:
            return Intent(name=UNKNOWN_COMMAND, arguments=f"{name} {arguments}".strip(), source=source)
        fits = not known.accepts or re.fullmatch(known.accepts, arguments) is not None
        intent = known.intent or known.name if fits else known.otherwise
        return Intent(name=intent, arguments=arguments, source=source)

    def _pattern(self, event: Event) -> Intent | None:
        if not event.addressed:
            return None
        for name, pattern in self._patterns:
            if found := pattern.fullmatch(words(event)):
                return Intent(name=name, arguments=found[1], source="words")
        return None

    def _plain(self, event: Event, locale: str, source: IntentSource) -> Intent | None:
        text = words(event)
        if not event.addressed or not text or len(text) > _LONGEST_WORDS:
            return None
        said, meaning = key(text), self._meaning(locale)
        if said in meaning:
            return Intent(name=meaning[said], source=source)
        wanted, _, number = said.rpartition(" ")
        name = meaning.get(wanted) if number.isdecimal() else None
        return Intent(name=name, arguments=number, source=source) if name and self._words[name].numbered else None

    def _link(self, start: str) -> Intent:
        prefix, dash, payload = start.partition("-")
        known = self._links.get(f"{prefix}{dash}")
        if known is not None:
            return Intent(name=known, arguments=payload, source="link")
        return Intent(name="start", arguments=start, source="link")

    def _meanings(self, locale: str) -> Mapping[str, str]:
        """The intent of each plain word; where two share one, the first declared has it."""
        found: dict[str, str] = {}
        for tag in dict.fromkeys((locale, DEFAULT)):
            for name, plain in self._words.items():
                for word in phrase(plain.phrase, tag).split("|"):
                    found.setdefault(word, name)
        return found
