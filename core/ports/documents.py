"""From a source's bytes to a document: how it is fetched, and the neutral shape every format is read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.errors import Refused

if TYPE_CHECKING:
    from core.ports.knowledge import IndexableDocument


class Unreadable(Refused):
    """A source that will never be taken in as it is; `reason` is the key in `core.phrases` that says why, with its `values`."""

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(f"{reason} {values}" if values else reason)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentHeading:
    """A heading of `level` 1 (outermost) to 6. `anchor` is what follows `#` in a link to it, unquoted; `page` counts from 1, 0 where there are none."""

    text: str
    level: int
    page: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentParagraph:
    text: str
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentListItem:
    """A line of a list, its mark (`-`, `2.`) already in front. `depth` is 0 for the outermost list."""

    text: str
    depth: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTable:
    """Rows of cells. `header` is empty where the table has none."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCode:
    """Lines whose breaks and indents matter."""

    text: str
    page: int = 0


DocumentBlock = DocumentHeading | DocumentParagraph | DocumentListItem | DocumentTable | DocumentCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """What a format's reader found, in reading order. `title` and `language` are the document's own words about itself, or empty."""

    blocks: tuple[DocumentBlock, ...]
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Bytes from somewhere. `mime` may carry a charset; `url` is where they were found in the end, `title` a file name or empty."""

    data: bytes
    mime: str = ""
    url: str = ""
    title: str = ""


class Fetcher(Protocol):
    async def fetch(self, url: str) -> Fetched:
        """What stands at an address now. Raises `Unreadable` when it may not or can not be had, `Unreachable` when it may be later."""
        ...


class DocumentReader(Protocol):
    async def read(self, data: bytes, *, mime: str = "", name: str = "", link: str = "") -> IndexableDocument:
        """The passages of a document of any known format; its `uri` is `link`. Raises `Unreadable`.

        `mime` and `name` are hints only, what the bytes say goes first. `link` is where people can open it, or empty.
        """
        ...
