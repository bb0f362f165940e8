"""The counters in the source code."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMES = ("count", "_count")


def counters() -> dict[str, frozenset[str]]:
    """Return each counter's labels by its full name."""
    found: dict[str, frozenset[str]] = {}
    for path, call in _calls():
        if not _is_step(path, call):
            labels = frozenset(keyword.arg or "" for keyword in call.keywords)
            for name in _texts(call.args[0]):
                full = f"sona_{name}_total"
                assert found.setdefault(full, labels) == labels, f"{full} has other labels in {path}"
    return found


def steps() -> set[str]:
    """Return the fallback forms that platforms count by name alone."""
    return {name for path, call in _calls() if _is_step(path, call) for name in _texts(call.args[0])}


def _is_step(path: Path, call: ast.Call) -> bool:
    return path.parent.parent.name == "bots" and not call.keywords


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    for package in ("core", "bots", "storage", "workers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _counts(node.func) and node.args and list(_texts(node.args[0])):
                    yield path, node


def _counts(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return name in _NAMES
        case ast.Attribute(value=ast.Name(id="self") | ast.Attribute(), attr=name):
            return name in _NAMES
        case _:
            return False


def _texts(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body)
            yield from _texts(other)
        case _:
            return
