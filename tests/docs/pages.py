"""The documentation pages and their content: fences, inline code, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PICTURE = re.compile(r'src="([^"]+)"')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A code block. `path` is the file whose content it shows, or empty."""

    page: Path
    language: str
    path: str
    text: str


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def fences(page: Path) -> Iterator[Fence]:
    for found in _FENCE.finditer(text(page)):
        language, _, path = found["info"].strip().partition(" ")
        yield Fence(page=page, language=language, path=path, text=found["text"])


def prose(page: Path) -> str:
    """Return the page without its fences."""
    return _FENCE.sub("", text(page))


def codes(page: Path) -> list[str]:
    """Return inline code."""
    return _CODE.findall(prose(page))


def commands(page: Path) -> list[str]:
    """Return command lines: lines of `sh` fences without comments, and inline code that starts like a command."""
    lines = [line for fence in fences(page) if fence.language == "sh" for line in fence.text.splitlines()]
    bare = (re.sub(r"\s+# .*$", "", line).strip() for line in lines)
    return [line for line in (*bare, *codes(page)) if line.startswith(("make ", "sona ", "docker ", "printf "))]


def links(page: Path) -> list[str]:
    """Return links and pictures that point into this repository."""
    found = [*_LINK.findall(prose(page)), *_PICTURE.findall(prose(page))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """Return the headings' anchors as GitHub generates them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings}
