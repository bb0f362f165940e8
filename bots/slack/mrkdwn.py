"""Renders the Markdown subset of `core.markup` as Slack's mrkdwn, escaping everything that Slack would read as a mention."""

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

SECTION_LIMIT = 3000
_CONTROL = re.compile(r"<(?=[!@#])")
_ZERO_WIDTH = "\u200b"


def sections(text: str, limit: int = SECTION_LIMIT) -> tuple[str | Table, ...]:
    """Render Markdown as mrkdwn texts within `limit` characters, and the tables between them."""
    return tuple(shown for piece in split(text, limit) for shown in _fitted(piece, limit, limit))


def escaped(words: str) -> str:
    """Escape plain text for mrkdwn."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notification_text(text: str, limit: int) -> str:
    """Return the plain text of Markdown for notifications and screen readers, escaped and cut to `limit` characters."""
    return truncated(escaped(plain(text)), limit)


def truncated(words: str, limit: int) -> str:
    """Cut escaped text to `limit` characters without splitting an entity."""
    return words if len(words) <= limit else re.sub(r"&\w*$", "", words[: limit - 1]) + "…"


def without_mentions(text: str) -> str:
    """Return Markdown for Slack's Markdown chunks, with mentions broken up by a zero-width space."""
    return _CONTROL.sub(f"<{_ZERO_WIDTH}", text)


def table_text(table: Table) -> str:
    """Render a table as a code block with one line per row."""
    rows = (" | ".join(plain_spans(cell).replace("\n", " ") for cell in row) for row in (table.header, *table.rows))
    return _fenced("\n".join(rows))


def _fitted(piece: str, limit: int, size: int) -> tuple[str | Table, ...]:
    """Render one piece, split further if escaping makes it longer than `limit`."""
    shown = tuple(_runs(parse(piece)))
    if all(isinstance(part, Table) or len(part) <= limit for part in shown):
        return shown
    smaller = max(size // 2, 1)
    return tuple(found for part in split(piece, smaller) for found in _fitted(part, limit, smaller))


def _runs(blocks: tuple[Block, ...]) -> list[str | Table]:
    """Render consecutive blocks as one text; keep tables separate."""
    found: list[str | Table] = []
    run: list[Block] = []
    for block in (*blocks, None):
        if block is not None and not isinstance(block, Table):
            run.append(block)
            continue
        if words := joined(tuple(run), _block).strip():
            found.append(words)
        run = []
        if block is not None:
            found.append(block)
    return found


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _spans(block.spans)
        case Heading():
            return _wrapped(_spans(block.spans, bold=False), "*")
        case ListItem():
            return bullet(block) + _spans(block.spans)
        case CodeBlock():
            return _fenced(block.text) if block.text.strip() else ""
        case BlockQuote():
            return "\n".join(f">{line}" for line in joined(block.blocks, _block).split("\n"))
        case Table():
            return table_text(block)
        case Rule():
            return "———"


def _spans(spans: Spans, *, bold: bool = True) -> str:
    return "".join(_span(span, bold=bold) for span in spans)


def _span(span: Span, *, bold: bool) -> str:
    if span.code:
        shown = _wrapped(escaped(span.text), "`")
    else:
        shown = escaped(span.text)
        for mark, wanted in (("~", span.strike), ("_", span.italic), ("*", span.bold and bold)):
            if wanted:
                shown = _wrapped(shown, mark)
    if not span.link.startswith(("http://", "https://", "mailto:")):
        return shown
    link = escaped(span.link).replace("|", "%7C").replace(" ", "%20")
    return f"<{link}|{escaped(span.text).replace(chr(10), ' ')}>"


def _wrapped(shown: str, mark: str) -> str:
    """Put marks directly around the text of each line, or Slack shows them literally."""
    return "\n".join(_line(line, mark) for line in shown.split("\n"))


def _line(line: str, mark: str) -> str:
    words = line.strip()
    if not words:
        return line
    start = line.index(words)
    return f"{line[:start]}{mark}{words}{mark}{line[start + len(words) :]}"


def _fenced(text: str) -> str:
    return f"```\n{escaped(text).replace('```', '`' + _ZERO_WIDTH + '``')}\n```"
