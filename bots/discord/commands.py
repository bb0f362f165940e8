"""Command specifications as Discord's JSON, and the check whether the registered commands differ from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

SLASH, MESSAGE_MENU = 1, 3
_STRING = 3
_EVERYWHERE = {"contexts": [0, 1, 2], "integration_types": [0, 1]}
_LOCALES = {"en": ("en-US", "en-GB"), "es": ("es-ES", "es-419"), "pt": ("pt-BR",), "sv": ("sv-SE",), "zh": ("zh-CN",)}
_MAX_TEXT = 100

LocalizedText = Mapping[str, str]
"""A text by language; the key "" is the default."""
Autocomplete = Callable[[str, str, str], Sequence[tuple[str, str]]]
"""Returns suggestions (value, label) for a command's name, the text typed so far and a locale; does no I/O."""


def no_suggestions(command: str, typed: str, locale: str) -> Sequence[tuple[str, str]]:  # noqa: ARG001 - an `Autocomplete` ignores its arguments
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An optional text argument: free, or one of `choices` (value and labels); `autocomplete` asks for suggestions while typing."""

    name: LocalizedText
    description: LocalizedText
    choices: tuple[tuple[str, LocalizedText], ...] = ()
    autocomplete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A slash command, or a command in the context menu of messages (`kind` `MESSAGE_MENU`); Discord calls both by `id`.

    Slash names are 1 to 32 lower-case letters, digits, `-` and `_`. Only the user sees the answer to a `private` command.
    A `threaded` one opens a thread if it is used in a server's channel. A menu command becomes `slash_command` followed
    by the message's text.
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
        body = {"type": self.kind, **_EVERYWHERE, **_localized("name", {**self.name, "": self.id})}
        if self.kind == SLASH:
            body |= _localized("description", self.description)
            body["options"] = [_option(self.option)] if self.option else []
        return body


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


def _localized(field_name: str, text: LocalizedText) -> dict[str, Any]:
    fitted = {tag: shown[:_MAX_TEXT] for tag, shown in text.items()}
    localized = {locale: shown for tag, shown in fitted.items() if tag for locale in _LOCALES.get(tag, (tag,))}
    return {field_name: fitted.get("", ""), f"{field_name}_localizations": localized}
