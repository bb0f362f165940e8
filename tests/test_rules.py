"""Rules of the code base that a test can check: sizes, names, imports and suppressions."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE_PACKAGES = ("core", "bots", "storage", "workers")
PACKAGES = (*SOURCE_PACKAGES, "migrations", "bench", "tests")
VAGUE_NAMES = {"utils", "helpers", "common", "base", "misc", "manager", "service", "handler", "processor"}
METAPHORS = {"rooms", "house", "doors", "shelf", "ground", "desk", "glance", "lectern", "street"}
FILE_LINES = 300
FUNCTION_LINES = 40

FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts and "results" not in path.parts
)

_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_TYPE_PARAMETERS = {"TypeVar", "ParamSpec", "TypeVarTuple"}


def _relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _public_types(tree: ast.Module) -> Iterator[str]:
    """Yield the classes and type aliases that a module defines, without private names and type parameters."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(value=ast.Call(func=ast.Name(id=function))) if function in _TYPE_PARAMETERS:
                names = []
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if _TYPE_NAME.fullmatch(name))


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_a_file_is_short_and_so_are_its_functions(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= FILE_LINES, f"{_relative(path)} has {lines} lines"
    for function in _functions(_tree(path)):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= FUNCTION_LINES, f"{_relative(path)}:{function.lineno} {function.name} has {length} lines"


def test_no_module_has_a_vague_or_metaphorical_name() -> None:
    banned = VAGUE_NAMES | METAPHORS
    assert [_relative(path) for path in FILES if path.stem in banned or path.parent.name in banned] == []


def test_no_class_has_a_vague_name() -> None:
    classes = [
        f"{_relative(path)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and any(node.name.lower().endswith(name) for name in VAGUE_NAMES - {"base"})
    ]
    assert classes == []


def test_a_public_type_name_is_defined_once() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        if path.relative_to(ROOT).parts[0] in SOURCE_PACKAGES:
            for name in _public_types(_tree(path)):
                found[name].append(_relative(path))
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_type_definitions_are_recognised() -> None:
    tree = ast.parse(
        "class Shown: ...\n"
        "class _Private: ...\n"
        "Alias = dict[str, int]\n"
        "Named: TypeAlias = int\n"
        "ItemT = TypeVar('ItemT')\n"
        "LIMIT = 3\n"
        "from elsewhere import Imported\n"
        "def function() -> None:\n    class Local: ...\n"
    )
    assert list(_public_types(tree)) == ["Shown", "Alias", "Named"]


def test_every_module_has_a_docstring() -> None:
    missing = [
        _relative(path)
        for path in FILES
        if path.relative_to(ROOT).parts[0] != "tests" and not ast.get_docstring(_tree(path))
    ]
    assert missing == []


def test_our_own_modules_are_not_patched() -> None:
    patched = [
        f"{_relative(path)}:{number}"
        for path in FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "mocker.patch" in line or "mock.patch" in line or "monkeypatch.setattr" in line
    ]
    assert patched == []


def test_celery_is_imported_in_the_queue_only() -> None:
    allowed = {"workers/queue/celery.py", "workers/queue/tasks.py", "workers/queue/wake.py"}
    users = {
        _relative(path)
        for path in FILES
        if path.relative_to(ROOT).parts[0] not in {"tests", "bench"}
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "celery")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "celery" for name in node.names))
    }
    assert users <= allowed


def test_every_suppression_gives_its_reason() -> None:
    bare = [
        f"{_relative(path)}:{number}"
        for path in FILES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ("# noqa" in line or "# type: ignore" in line or "# pyright: ignore" in line)
        and " - " not in line.split("#", 1)[1]
    ]
    assert bare == []
