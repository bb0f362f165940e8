"""The house rules that a machine can check: ceilings, names and no patching of our own modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "bots", "storage", "workers", "migrations", "bench", "tests")
BANNED = {"utils", "helpers", "common", "base", "misc", "manager", "service", "handler", "processor"}
FILE_LINES = 300
FUNCTION_LINES = 40

FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts and "results" not in path.parts
)


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", FILES, ids=_named)
def test_a_file_is_short_and_so_are_its_functions(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= FILE_LINES, f"{_named(path)} has {lines} lines"
    for function in _functions(_tree(path)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= FUNCTION_LINES, f"{_named(path)}:{function.lineno} {function.name} has {length} lines"


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    modules = [_named(path) for path in FILES if path.stem in BANNED or path.parent.name in BANNED]
    classes = [
        f"{_named(path)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and any(node.name.lower().endswith(name) for name in BANNED - {"base"})
    ]
    assert modules + classes == []


def test_every_module_begins_with_a_sentence() -> None:
    silent = [
        _named(path)
        for path in FILES
        if path.relative_to(ROOT).parts[0] != "tests" and not ast.get_docstring(_tree(path))
    ]
    assert silent == []


def test_nobody_patches_our_own_modules() -> None:
    patched = [
        f"{_named(path)}:{number}"
        for path in FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "mocker.patch" in line or "mock.patch" in line or "monkeypatch.setattr" in line
    ]
    assert patched == []


def test_only_the_celery_rooms_import_celery() -> None:
    allowed = {"workers/queue/celery.py", "workers/queue/tasks.py", "workers/queue/wake.py"}
    users = {
        _named(path)
        for path in FILES
        if path.relative_to(ROOT).parts[0] not in {"tests", "bench"}
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "celery")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "celery" for name in node.names))
    }
    assert users <= allowed


def test_every_ignore_gives_its_reason() -> None:
    bare = [
        f"{_named(path)}:{number}"
        for path in FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ("# noqa" in line or "# type: ignore" in line or "# pyright: ignore" in line)
        and " - " not in line.split("#", 1)[1]
    ]
    assert bare == []
