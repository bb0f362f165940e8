"""The tree of a marked-up text: blocks made of spans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words in one style. `code` excludes the other styles; `link` is an http, https, mailto or tg address or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A line break inside is a newline in a span's text."""

    spans: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    level: int
    spans: Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """One list item. `depth` counts from 0; `ordinal` is its number, or `None` in a bulleted list.

    What follows its first paragraph (more paragraphs, code, inner items) comes after it as blocks of its own.
    """

    spans: Spans
    depth: int = 0
    ordinal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockQuote:
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows` are as wide as `header`."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block = Paragraph | Heading | ListItem | CodeBlock | BlockQuote | Table | Rule
