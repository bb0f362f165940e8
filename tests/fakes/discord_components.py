"""Validation of buttons, menus, forms and commands.

Enforced: five rows; a row has five buttons or one menu; custom ids have 1 to 100 characters and differ within a message;
button labels have 1 to 80; a menu has 1 to 25 options, whose labels and values have 1 to 100 characters and whose values
differ. A form has a title of 1 to 45 characters, a custom id, and 1 to 5 labels of at most 45 characters with a text field
each. An autocomplete response has at most 25 choices of 1 to 100 characters. Slash commands have lower-case names of 1 to 32
and descriptions of 1 to 100 characters; an option with autocomplete has no choices, others have at most 25; there are at
most five message commands.
"""

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.discord_rules import invalid

_NAME = re.compile(r"[-_'\w]{1,32}")


def components(rows: list[Any]) -> None:
    """Raise `Answer` for invalid rows of components."""
    if len(rows) > 5:
        raise invalid("components", "Must be between 1 and 5 in length.")
    seen: set[str] = set()
    for row in rows:
        parts = row.get("components", [])
        if row.get("type") != 1 or not 1 <= len(parts) <= 5:
            raise invalid("components", "Must be between 1 and 5 in length.")
        if any(part.get("type") == 3 for part in parts) and len(parts) > 1:
            raise invalid("components", "The specified component exceeds the maximum width")
        for part in parts:
            (_menu if part.get("type") == 3 else _button)(part, seen)


def _menu(menu: Mapping[str, Any], seen: set[str]) -> None:
    _check_custom_id(menu, seen)
    options = menu.get("options", [])
    if not 1 <= len(options) <= 25:
        raise invalid("options", "Must be between 1 and 25 in length.")
    for option in options:
        _check_length(option.get("label", ""), "label", 100)
        _check_length(option.get("value", ""), "value", 100)
    if len({option["value"] for option in options}) < len(options):
        raise invalid("options", "The specified option value is already used")


def _button(button: Mapping[str, Any], seen: set[str]) -> None:
    if button.get("type") != 2 or button.get("style") not in (1, 2, 3, 4):
        raise invalid("components", "Value must be one of")
    _check_custom_id(button, seen)
    _check_length(button.get("label", ""), "label", 80)


def _check_custom_id(part: Mapping[str, Any], seen: set[str]) -> None:
    _check_length(part.get("custom_id", ""), "custom_id", 100)
    if part["custom_id"] in seen:
        raise invalid("components", "Component custom id cannot be duplicated")
    seen.add(part["custom_id"])


def _check_length(text: str, field: str, limit: int) -> None:
    if not 1 <= len(text) <= limit:
        raise invalid(field, f"Must be between 1 and {limit} in length.")


def modal(data: Mapping[str, Any]) -> None:
    """Raise `Answer` for an invalid form."""
    _check_length(data.get("title", ""), "title", 45)
    _check_length(data.get("custom_id", ""), "custom_id", 100)
    labels = data.get("components", [])
    if not 1 <= len(labels) <= 5:
        raise invalid("components", "Must be between 1 and 5 in length.")
    seen: set[str] = set()
    for label in labels:
        field = label.get("component", {})
        if label.get("type") != 18 or field.get("type") != 4 or field.get("style") not in (1, 2):
            raise invalid("components", "Value must be one of")
        _check_length(label.get("label", ""), "label", 45)
        _check_custom_id(field, seen)


def suggestions(data: Mapping[str, Any]) -> None:
    """Raise `Answer` for invalid autocomplete choices."""
    choices = data.get("choices")
    if not isinstance(choices, list) or len(choices) > 25:
        raise invalid("choices", "Must be 25 or fewer in length.")
    for choice in choices:
        _check_length(choice.get("name", ""), "name", 100)
        _check_length(choice.get("value", ""), "value", 100)


def commands(listed: list[Mapping[str, Any]]) -> None:
    """Raise `Answer` for invalid commands."""
    if sum(command.get("type", 1) == 3 for command in listed) > 5:
        raise invalid("commands", "Maximum number of message commands reached")
    for command in listed:
        slash = command.get("type", 1) == 1
        for name in (command["name"], *command.get("name_localizations", {}).values()):
            _check_length(name, "name", 32)
            if slash and (not _NAME.fullmatch(name) or name != name.lower()):
                raise invalid("name", "Command name is invalid")
        for description in (command.get("description", ""), *command.get("description_localizations", {}).values()):
            if slash:
                _check_length(description, "description", 100)
        for option in command.get("options", []):
            _option(option)


def _option(option: Mapping[str, Any]) -> None:
    if option.get("autocomplete") and option.get("choices"):
        raise invalid("options", "Autocomplete options cannot have choices")
    suggestions({"choices": option.get("choices") or []})
    for choice in option.get("choices") or []:
        for label in choice.get("name_localizations", {}).values():
            _check_length(label, "name", 100)
    for name in (option["name"], *option.get("name_localizations", {}).values()):
        if not _NAME.fullmatch(name) or name != name.lower():
            raise invalid("name", "Command name is invalid")
