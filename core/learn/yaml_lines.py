"""YAML as plain data that still knows the line of each value."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)
YamlPath = tuple[str | int, ...]
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""The one in C reads a course ten times as fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a course's file; lines count from 1."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class YamlDocument:
    """A YAML file: `data` is what it says, `line` where it says it; `problems` holds what cannot be read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.data: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[YamlPath, int] = {(): 1}
        try:
            node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
            self.say((), " ".join(str(error).split()), line=mark.line + 1 if mark else 1)
        else:
            self.data = self._value(node, ()) if node is not None else {}

    def say(self, place: YamlPath, text: str, *, line: int = 0) -> None:
        """Note a problem at a place of the data."""
        self.problems.append(Problem(file=self.file, line=line or self.line(place), text=text))

    def line(self, place: YamlPath) -> int:
        """The line of a place, or of the nearest one around it."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def check(self, model: type[ModelT]) -> ModelT | None:
        """The data as this type, or `None` with every mistake noted."""
        if self.problems:
            return None
        return self.part((), self.data, model)

    def part(self, place: YamlPath, data: object, model: type[ModelT]) -> ModelT | None:
        """A part of the data as this type, or `None` with every mistake noted."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for mistake in error.errors(include_url=False):
                inside = place + mistake["loc"]
                self.say(inside, f"{'.'.join(str(step) for step in inside) or 'the file'}: {mistake['msg']}")
            return None

    def _value(self, node: yaml.Node, place: YamlPath) -> object:
        self._lines[place] = node.start_mark.line + 1
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place)
            case yaml.SequenceNode():
                return [self._value(child, (*place, number)) for number, child in enumerate(node.value)]
            case _:
                return str(node.value)

    def _mapping(self, node: yaml.MappingNode, place: YamlPath) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, child in node.value:
            name = str(key.value)
            if name in found:
                self.say((), f"{name}: given twice", line=key.start_mark.line + 1)
            found[name] = self._value(child, (*place, name))
            self._lines[(*place, name)] = key.start_mark.line + 1
        return found
