"""Commands, settings, files, links and counters named in the documentation exist."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click
import pytest

from core.fit import FallbackForm
from core.phrases import locales
from tests.docs.compose import read
from tests.docs.counted import counters, steps
from tests.docs.pages import PAGES, ROOT, anchors, codes, commands, links, named, prose, text
from workers.admin.channel_matrix import FALLBACKS
from workers.cli import main
from workers.settings import variables

_OPERATORS = ROOT / "docs" / "operators.md"
_VARIABLE = re.compile(r"(?<![\w*])[A-Z]+(?:_[A-Z]+)+")
_KNOWN_ELSEWHERE = {"POSTGRES_PASSWORD", "COMPOSE_PROFILES"}
_TOP = ("core", "bots", "storage", "workers", "migrations", "courses", "tests", "bench", "docs")
_PICTURE_BYTES = 200_000

every_page = pytest.mark.parametrize("page", PAGES, ids=named)


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _wrong_with_sona(words: Sequence[str]) -> str:
    """Return what is wrong with a `sona` command line, or an empty string."""
    command: click.Command = main
    options = {name for parameter in main.params for name in parameter.opts}
    for word in words:
        if word.startswith("--"):
            if word.split("=")[0] not in options:
                return f"{command.name} has no option {word}"
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return f"{command.name} has no command {word}"
            command = inner
            options |= {name for parameter in inner.params for name in parameter.opts}
    return ""


def _wrong_with_compose(words: Sequence[str]) -> str:
    compose = read()
    profiles = {profile for service in compose.services.values() for profile in service.profiles}
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word == "--profile" and after not in profiles:
            return f"there is no profile {after}"
        if word == "--scale" and after.split("=")[0] not in compose.services:
            return f"there is no service {after}"
        if word == "exec":
            inner = words[words.index(word) + 2 :]
            there = after in compose.services and inner[:1] == ["sona"]
            return _wrong_with_sona(inner[1:]) if there else f"nothing can be run like that in {after}"
    return ""


def _wrong_with_make(target: str, words: Sequence[str]) -> str:
    if target not in _targets():
        return f"there is no target {target}"
    arguments = " ".join(word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")).split()
    missing = [word for word in arguments if word.startswith("tests/") and not (ROOT / word.split("::")[0]).exists()]
    return f"there is no {missing[0]}" if missing else ""


def _wrong(line: str) -> str:
    """Return what is wrong with a command line, or an empty string."""
    match shlex.split(line):
        case ["make", target, *words]:
            return _wrong_with_make(target, words)
        case ["sona", *words]:
            return _wrong_with_sona(words)
        case ["docker", "compose", *words]:
            return _wrong_with_compose(words)
        case ["printf", *_]:
            return ""
        case words:
            return f"unknown command {words[:2]}"


@pytest.mark.parametrize(
    "line",
    [
        "make fly",
        "make test ARGS='tests/nothing -k fair'",
        "sona sing",
        "sona up --portt 1",
        "sona learn forget",
        "docker compose --profile irc up",
        "docker compose up --scale waiter=2",
        "docker compose exec kitchen sona check",
        "docker compose exec worker sona sing",
    ],
)
def test_an_unknown_command_is_detected(line: str) -> None:
    assert _wrong(line)


@every_page
def test_every_command_named_exists(page: Path) -> None:
    assert [f"{line}: {fault}" for line in commands(page) if (fault := _wrong(line))] == []


def test_the_pages_contain_commands() -> None:
    lines = [line for page in PAGES for line in commands(page)]
    assert {"make run", "make test", "sona chat --as ana", "sona beat"} <= set(lines)


@every_page
def test_every_setting_named_exists(page: Path) -> None:
    known = variables().keys() | _KNOWN_ELSEWHERE
    assert set(_VARIABLE.findall(text(page))) - known == set()


@every_page
def test_every_link_has_a_target(page: Path) -> None:
    broken: list[str] = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@every_page
def test_every_file_and_folder_named_exists(page: Path) -> None:
    paths = [code for code in codes(page) if re.fullmatch(rf"(?:{'|'.join(_TOP)})/[\w./-]+", code)]
    made = {"core/tools/days_until.py"}
    assert [path for path in paths if path not in made and not (ROOT / path).exists()] == []


@every_page
def test_a_page_begins_with_its_title(page: Path) -> None:
    assert text(page).startswith("# ")


def test_pictures_are_small_and_have_alt_texts() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*"))
    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > _PICTURE_BYTES] == []
    shown = re.findall(r"<img [^>]+>", text(ROOT / "README.md"))
    assert len(shown) == len(pictures)
    assert all(re.search(r'alt="[^"]{20,}"', tag) for tag in shown)


def test_every_counter_is_documented_with_its_labels_and_no_other() -> None:
    rows = re.findall(r"^\| `(sona_\w+_total)` \| (.*?) \|", text(_OPERATORS), re.MULTILINE)
    documented = {name: frozenset(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    assert documented == counters()


def test_every_counter_named_anywhere_exists() -> None:
    named_ones = {name for page in PAGES for name in re.findall(r"sona_\w+_total", text(page))}
    assert named_ones <= counters().keys()


def test_every_fallback_form_is_documented() -> None:
    line = next(line for line in prose(_OPERATORS).splitlines() if line.startswith("`form` is"))
    forms = {*get_args(FallbackForm), *steps()}
    assert set(re.findall(r"`(\w+)`", line)) == {"form", *forms}
    assert {form for _, form, _ in FALLBACKS} == forms


def test_every_process_and_endpoint_for_operators_is_documented() -> None:
    told = " ".join(codes(_OPERATORS))
    commands_of_processes = ("sona web", "sona worker", "sona beat", "sona gateway", "sona up", "sona migrate")
    assert [one for one in (*commands_of_processes, "/healthz", "/readyz", "/metrics") if one not in told] == []


def test_the_areas_of_phrases_are_documented() -> None:
    files = sorted((ROOT / "core" / "phrases").glob("*.en.toml"))
    areas = [file.name.split(".")[0] for file in files]
    told = re.search(r"The areas are (.+?)\.", prose(ROOT / "docs" / "languages.md"))
    assert told
    assert re.findall(r"`(\w+)`", told[1]) == areas
    assert "fr" not in locales(), "the page uses French as its example"


def test_decisions_are_short_and_numbered_in_file_name_and_title() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [page.name[:4] for page in pages]
    assert numbers == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert text(page).startswith(f"# {page.name[:4]}: "), page.name
        assert text(page).count("\n") <= 25, page.name
