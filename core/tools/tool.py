"""A function with typed arguments and a docstring, made into something a model can ask for."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from core.errors import ToolFault
from core.ports.model import ToolSpec
from core.tools.context import ToolOutcome

ToolFunction = Callable[..., Awaitable[str | ToolOutcome]]


class Tool:
    """A tool under its function's name.

    `doing` is the key of the phrase shown while it runs; `changes` that it changes the conversation, so that two of
    them never run at once; `roles` who may use it, everybody when empty; `destroys` that it asks for a yes first.
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

    @cached_property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it: the docstring and the JSON schema of the arguments."""
        schema = cast("dict[str, Any]", _untitled(self._arguments.model_json_schema()))
        return ToolSpec(name=self.name, description=inspect.getdoc(self._function) or "", parameters=schema)

    async def run(self, context: object, given: Mapping[str, Any]) -> ToolOutcome:
        """Check the arguments and run. Raises `ToolFault` with a hint when they do not fit, and what the tool raises."""
        try:
            arguments = self._arguments.model_validate(dict(given))
        except ValidationError as error:
            raise ToolFault(_hint(error), again=True) from None
        values = {name: getattr(arguments, name) for name in type(arguments).model_fields}
        outcome = await self._function(context, **values)
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
    """Make an async function `(context, *arguments)` a tool."""
    return lambda function: Tool(function, doing=doing, changes=changes, roles=roles, destroys=destroys)


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
