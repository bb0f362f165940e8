"""Shows marked-up text in the HTML that Telegram takes, and counts it as Telegram does."""

import re
import unicodedata
from html import escape, unescape

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
    plain_spans,
    split,
)

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
_WIDEST_TABLE = 60
_TAG = re.compile(r"<[^>]*>")


def html(text: str) -> str:
    """Markdown as Telegram's HTML, with everything that is no mark escaped."""
    return joined(parse(text), _block).strip()


def visible(text: str) -> str:
    """What people see of Telegram's HTML."""
    return unescape(_TAG.sub("", text))


def length(text: str) -> int:
    """UTF-16 code units after the entities are parsed, which is how Telegram's limits count."""
    return len(visible(text).encode("utf-16-le")) // 2


def pages(text: str, limit: int = TEXT_LIMIT) -> tuple[str, ...]:
    """Markdown as one or more HTML texts, each within `limit` as Telegram counts."""
    return tuple(page for piece in split(text, limit) for page in _fitted(piece, limit, limit))


def _fitted(piece: str, limit: int, size: int) -> tuple[str, ...]:
    """One piece as it is shown, cut smaller where what is shown outgrows what was written."""
    page = html(piece)
    if length(page) <= limit:
        return (page,) if visible(page).strip() else ()
    smaller = size // 2
    return tuple(page for part in split(piece, smaller) for page in _fitted(part, limit, smaller))


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _spans(block.spans)
        case Heading():
            return f"<b>{_spans(block.spans, bold=False)}</b>" if block.spans else ""
        case ListItem():
            return bullet(block) + _spans(block.spans)
        case CodeBlock():
            return _code(block)
        case BlockQuote():
            return f"<blockquote>{joined(block.blocks, _quoted)}</blockquote>"
        case Table():
            return _table(block)
        case Rule():
            return "———"


def _quoted(block: Block) -> str:
    """A block within a quotation, where Telegram takes neither another one nor preformatted text."""
    match block:
        case BlockQuote():
            return joined(block.blocks, _quoted)
        case CodeBlock():
            return f"<code>{escape(block.text)}</code>" if block.text else ""
        case Table():
            return escape("\n".join(_cells(row) for row in (block.header, *block.rows)))
        case _:
            return _block(block)


def _spans(spans: Spans, *, bold: bool = True) -> str:
    return "".join(_span(span, bold=bold) for span in spans)


def _span(span: Span, *, bold: bool) -> str:
    shown = escape(span.text, quote=False)
    for tag, wanted in (
        ("code", span.code and not span.link),
        ("s", span.strike),
        ("i", span.italic),
        ("b", span.bold),
    ):
        if wanted and (bold or tag not in ("b", "code")):
            shown = f"<{tag}>{shown}</{tag}>"
    return f'<a href="{escape(span.link)}">{shown}</a>' if span.link else shown


def _code(code: CodeBlock) -> str:
    if not code.text:
        return ""
    if code.language:
        return f'<pre><code class="language-{escape(code.language)}">{escape(code.text, quote=False)}</code></pre>'
    return f"<pre>{escape(code.text, quote=False)}</pre>"


def _table(table: Table) -> str:
    """Aligned columns; where they would be wider than a phone shows, cells that follow each other."""
    rows = [[plain_spans(cell).replace("\n", " ") for cell in row] for row in (table.header, *table.rows)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 3 * (len(widths) - 1) > _WIDEST_TABLE:
        lines = [_cells(row) for row in (table.header, *table.rows)]
        return f"<pre>{escape(chr(10).join(lines), quote=False)}</pre>"
    ruler = "-+-".join("-" * width for width in widths)
    lines = [" | ".join(map(_padded, row, widths)).rstrip() for row in rows]
    return f"<pre>{escape(chr(10).join((lines[0], ruler, *lines[1:])), quote=False)}</pre>"


def _cells(row: tuple[Spans, ...]) -> str:
    return " | ".join(plain_spans(cell).replace("\n", " ") for cell in row)


def _width(text: str) -> int:
    """Columns a text takes: Chinese, Japanese and Korean characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
