"""Renders the Markdown subset of `core.markup` as Discord's Markdown, and measures it as Discord does."""

import re

from core.markup import (
    Block,
    BlockQuote,
    CodeBlock,
    Heading,
    ListItem,
    Paragraph,
    Rule,
    Span,
    Spans,
    Table,
    bullet,
    joined,
    parse,
    plain,
    plain_spans,
    split,
)

TEXT_LIMIT = 2000
_SPECIAL = re.compile(r"([\\`*_~|\[\]<>])")
_BLOCK_MARK = re.compile(r"^(\s*)(#{1,3} |-# |[-+] |>)", re.MULTILINE)
_ORDINAL = re.compile(r"^(\s*\d{1,9})\. ", re.MULTILINE)


def markdown(text: str) -> str:
    """Render Markdown, escaping every character that is not markup."""
    return joined(parse(text), _block).strip()


def escaped(text: str) -> str:
    """Escape plain text so that Discord shows it literally."""
    inline = _BLOCK_MARK.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
    return _ORDINAL.sub(r"\1\\. ", inline)


def length(text: str) -> int:
    """Return the length in UTF-16 code units, markup included; Discord never counts more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pages(text: str, limit: int = TEXT_LIMIT) -> tuple[str, ...]:
    """Render Markdown as one or more texts within `limit`."""
    return tuple(page for piece in split(text, limit) for page in _fitted(piece, limit, limit))


def _fitted(piece: str, limit: int, size: int) -> tuple[str, ...]:
    """Render one piece, split further if escaping makes it longer than `limit`."""
    page = markdown(piece)
    if length(page) <= limit:
        return (page,) if plain(piece).strip() else ()
    smaller = max(size // 2, 1)
    return tuple(page for part in split(piece, smaller) for page in _fitted(part, limit, smaller))


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _spans(block.spans)
        case Heading():
            return f"{'#' * min(block.level, 3)} {_spans(block.spans)}" if block.spans else ""
        case ListItem():
            return _item(block)
        case CodeBlock():
            return _fenced(block.text, block.language)
        case BlockQuote():
            return "\n".join(f"> {line}" for line in joined(block.blocks, _quoted).split("\n"))
        case Table():
            return _table(block)
        case Rule():
            return "———"


def _quoted(block: Block) -> str:
    """Render a block inside a quotation, where Discord supports neither quotations nor code blocks."""
    match block:
        case BlockQuote():
            return joined(block.blocks, _quoted)
        case CodeBlock():
            return escaped(block.text)
        case Table():
            return escaped("\n".join(_cells(row) for row in (block.header, *block.rows)))
        case _:
            return _block(block)


def _item(item: ListItem) -> str:
    mark = "- " if item.ordinal is None else bullet(item).lstrip()
    return "  " * item.depth + mark + _spans(item.spans)


def _spans(spans: Spans) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    """Render a span with its outer blanks outside of the marks, because `** word**` is not bold."""
    if span.code and not span.link:
        return f"`` {span.text} ``" if "`" in span.text else f"`{span.text}`"
    words = span.text.strip()
    if not words:
        return span.text
    start = span.text[: len(span.text) - len(span.text.lstrip())]
    end = span.text[len(span.text.rstrip()) :]
    if span.link and words in (span.link, span.link.partition("://")[2]):
        return f"{start}<{span.link}>{end}"
    shown = escaped(words)
    for mark, wanted in (("~~", span.strike), ("*", span.italic), ("**", span.bold)):
        if wanted:
            shown = f"{mark}{shown}{mark}"
    return start + (f"[{shown}](<{span.link}>)" if span.link else shown) + end


def _fenced(text: str, language: str = "") -> str:
    """Render a code block; a zero-width space breaks up fences in its text."""
    inside = text.replace("```", "``\u200b`")
    return f"```{language if language.isalnum() else ''}\n{inside}\n```" if text else ""


def _table(table: Table) -> str:
    """Render a table as aligned columns in a code block."""
    rows = [[plain_spans(cell).replace("\n", " ") for cell in row] for row in (table.header, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return _fenced("\n".join((lines[0], "-+-".join("-" * width for width in widths), *lines[1:])))


def _cells(row: tuple[Spans, ...]) -> str:
    return " | ".join(plain_spans(cell).replace("\n", " ") for cell in row)
