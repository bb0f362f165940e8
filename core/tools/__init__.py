"""What the assistant can do, one file each; a file that is added is found."""

import pkgutil
from functools import cache
from importlib import import_module

from core.tools.tool import Tool


@cache
def all_tools() -> tuple[Tool, ...]:
    """Every tool defined in a module of this package, by name, so that prompts stay the same and can be cached."""
    found = {
        value.name: value
        for module in pkgutil.iter_modules(__path__)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, Tool)
    }
    return tuple(found[name] for name in sorted(found))
