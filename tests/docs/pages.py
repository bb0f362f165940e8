"""The documents, and what is in them: fences, words set as code, links and headings."""

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
    """A block of code. `path` is the file that it is the content of, or empty."""

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
    """The page without its fences."""
    return _FENCE.sub("", text(page))


def codes(page: Path) -> list[str]:
    """What is set as code within lines."""
    return _CODE.findall(prose(page))


def commands(page: Path) -> list[str]:
    """Every command line: lines of `sh` fences without their comments, and code in lines that begins like one."""
    lines = [line for fence in fences(page) if fence.language == "sh" for line in fence.text.splitlines()]
    bare = (re.sub(r"\s+# .*$", "", line).strip() for line in lines)
    return [line for line in (*bare, *codes(page)) if line.startswith(("make ", "sona ", "docker ", "printf "))]


def links(page: Path) -> list[str]:
    """Links and pictures that point into this repository."""
    found = [*_LINK.findall(prose(page)), *_PICTURE.findall(prose(page))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """The names under which headings can be linked to, as GitHub makes them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in headings}
