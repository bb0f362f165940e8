"""A function or method with typed arguments and a docstring, made into something a model can call."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from types import MethodType
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from core.errors import ToolFault
from core.ports.model import ToolSpec
from core.tools.context import ToolOutcome

ToolFunction = Callable[..., Awaitable[str | ToolOutcome]]


class Tool:
    """A tool, named after its function. As a method it belongs to a toolset, whose instance binds it.

    `doing` is the key of the phrase shown while it runs. A tool that `changes` the conversation never runs beside
    another such tool. The tool runner enforces the rest: `roles` are those of which the principal needs one, none if
    empty, and a tool that `destroys` runs only after the person has confirmed exactly that call.
    """

    def __init__(
        self, function: ToolFunction, *, doing: str, changes: bool, roles: frozenset[str], destroys: bool
    ) -> None:
        self._function = function
        self.name = function.__name__
        self.doing = doing
        self.changes = changes
        self.roles = roles
        self.destroys = destroys

    def __get__(self, instance: object | None, owner: type) -> "Tool":
        if instance is None:
            return self
        bound = cast("ToolFunction", MethodType(self._function, instance))
        return Tool(bound, doing=self.doing, changes=self.changes, roles=self.roles, destroys=self.destroys)

    @cached_property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it: the docstring and the JSON schema of the arguments."""
        schema = cast("dict[str, Any]", _untitled(self._arguments.model_json_schema()))
        return ToolSpec(name=self.name, description=inspect.getdoc(self._function) or "", parameters=schema)

    def check(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments with their types. Raises `ToolFault` with a hint if they do not fit."""
        try:
            arguments = self._arguments.model_validate(dict(given))
        except ValidationError as error:
            raise ToolFault(_hint(error), again=True) from None
        return {name: getattr(arguments, name) for name in type(arguments).model_fields}

    async def run(self, context: object, given: Mapping[str, Any]) -> ToolOutcome:
        """Check the arguments and run. Raises what `check` and the function raise."""
        outcome = await self._function(context, **self.check(given))
        return ToolOutcome(text=outcome) if isinstance(outcome, str) else outcome

    @cached_property
    def _arguments(self) -> type[BaseModel]:
        """Every parameter but the first, which is the context."""
        hints = get_type_hints(self._function, include_extras=True)
        parameters = list(inspect.signature(self._function).parameters.values())[1:]
        fields: dict[str, Any] = {
            parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
            for parameter in parameters
        }
        return create_model(self.name, __config__=ConfigDict(extra="forbid", str_strip_whitespace=True), **fields)


def tool(
    *, doing: str, changes: bool = False, roles: frozenset[str] = frozenset(), destroys: bool = False
) -> Callable[[ToolFunction], Tool]:
    """Make an async function `(context, *arguments)`, or a method `(self, context, *arguments)`, a tool."""
    return lambda function: Tool(function, doing=doing, changes=changes, roles=roles, destroys=destroys)


def tools_of(toolset: object) -> tuple[Tool, ...]:
    """The tools of a toolset, bound to it; a tool on its own is a toolset of one."""
    if isinstance(toolset, Tool):
        return (toolset,)
    names = (name for name in dir(type(toolset)) if isinstance(getattr(type(toolset), name), Tool))
    return tuple(cast("Tool", getattr(toolset, name)) for name in names)


def by_name(*toolsets: object) -> dict[str, Tool]:
    """All tools by name, in the order of names: an unchanged list keeps the model's prompt cache."""
    found = sorted((tool for toolset in toolsets for tool in tools_of(toolset)), key=lambda tool: tool.name)
    return {tool.name: tool for tool in found}


def _hint(error: ValidationError) -> str:
    lines = (f"{'.'.join(str(part) for part in line['loc'])}: {line['msg']}" for line in error.errors())
    return "These arguments do not fit. " + "; ".join(lines)


def _untitled(schema: object) -> object:
    """The schema without pydantic's titles, which tell a model nothing; a property called `title` stays."""
    if isinstance(schema, list):
        return [_untitled(item) for item in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    known = cast("dict[str, object]", schema)
    return {name: _untitled(value) for name, value in known.items() if not (name == "title" and isinstance(value, str))}
