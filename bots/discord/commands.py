"""The commands that Discord offers, in every language, put there only when they differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

SLASH, MESSAGE_MENU = 1, 3
_STRING = 3
_EVERYWHERE = {"contexts": [0, 1, 2], "integration_types": [0, 1]}
_LOCALES = {"en": ("en-US", "en-GB"), "es": ("es-ES", "es-419"), "pt": ("pt-BR",), "sv": ("sv-SE",), "zh": ("zh-CN",)}
_MAX_TEXT = 100

LocalizedText = Mapping[str, str]
"""The same by language; the empty one is everyone else's."""
Autocomplete = Callable[[str, str, str], Sequence[tuple[str, str]]]
"""What may be filled in, as value and label, for a command's name, what was typed so far, and a language; answers at once."""


def no_suggestions(command: str, typed: str, locale: str) -> Sequence[tuple[str, str]]:  # noqa: ARG001 - a `Complete` that knows nothing
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What may be filled in, as one of `choices` (value and labels) where there are any; `completed` is helped with while it is typed."""

    name: LocalizedText
    description: LocalizedText
    choices: tuple[tuple[str, LocalizedText], ...] = ()
    autocomplete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A command. A slash command arrives under `id`; one in a message's menu (`kind` `ON_MESSAGE`) by its name in `name[""]`.

    Slash names are 1 to 32 lower-case letters, digits, `-` and `_`. The answer to a `private` one is seen by nobody else;
    a `threaded` one goes on in a thread where it is used in a server's channel; one in a menu `says` a slash command, with
    the message's words behind it.
    """

    id: str
    name: LocalizedText
    description: LocalizedText = field(default_factory=dict[str, str])
    option: Option | None = None
    kind: int = SLASH
    private: bool = False
    threaded: bool = False
    slash_command: str = ""

    def json(self) -> dict[str, Any]:
        shown = {"type": self.kind, **_EVERYWHERE, **_localized("name", {**self.name, "": self.id})}
        if self.kind == SLASH:
            shown |= _localized("description", self.description)
            shown["options"] = [_option(self.option)] if self.option else []
        return shown


def commands_differ(wanted: Sequence[CommandSpec], registered: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord has other commands than these, apart from the fields that Discord adds itself."""
    theirs = {(command.get("type", SLASH), command.get("name")): command for command in registered}
    ours = {(command.kind, command.id): command.json() for command in wanted}
    return theirs.keys() != ours.keys() or any(not _contained_in(ours[key], theirs[key]) for key in ours)


def _contained_in(ours: object, theirs: object) -> bool:
    match ours:
        case dict():
            other = cast(Mapping[str, object], theirs) if isinstance(theirs, dict) else {}
            return all(_contained_in(value, other.get(key)) for key, value in cast(dict[str, object], ours).items())
        case list() if ours:
            items, others = cast(list[object], ours), cast(list[object], theirs or [])
            return len(items) == len(others) and all(map(_contained_in, items, others))
        case _:
            return ours == theirs or (not ours and not theirs)


def _option(option: Option) -> dict[str, Any]:
    return {
        "type": _STRING,
        "required": False,
        **_localized("name", option.name),
        **_localized("description", option.description),
        "autocomplete": option.autocomplete,
        "choices": [{**_localized("name", label), "value": value} for value, label in option.choices],
    }


def _localized(what: str, words: LocalizedText) -> dict[str, Any]:
    shown = {tag: text[:_MAX_TEXT] for tag, text in words.items()}
    localized = {place: text for tag, text in shown.items() if tag for place in _LOCALES.get(tag, (tag,))}
    return {what: shown.get("", ""), f"{what}_localizations": localized}
