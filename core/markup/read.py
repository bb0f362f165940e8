"""Reads the Markdown that models write into blocks."""

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.markup.tree import Block, BlockQuote, CodeBlock, Heading, ListItem, Paragraph, Rule, Span, Spans, Table

_SCHEMES = frozenset({"http", "https", "mailto", "tg"})
_DEEPEST = 50
_BRACKETS = 2000
"""So many are looked through quickly, each for the one that closes it; ten times as many take a hundred times as long."""


@cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    return reader.enable(["strikethrough", "table"]).disable(["reference", "code", "html_block", "html_inline"])


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of any text; never raises. What is nested too deeply, or has too many brackets, to be meant comes as one paragraph."""
    if text.count("[") > _BRACKETS:
        return (Paragraph(spans=(Span(text=text),)),)
    try:
        tokens = _markdown().parse(text)
    except RecursionError:
        return (Paragraph(spans=(Span(text=text),)),)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return (Paragraph(spans=(Span(text=text),)),)
    return tuple(_blocks(iter(tokens), 0))


def _blocks(tokens: Iterator[Token], depth: int) -> list[Block]:
    blocks: list[Block] = []
    for token in tokens:
        match token.type:
            case "inline":
                blocks.append(Paragraph(spans=_spans(token)))
            case "heading_open":
                blocks.append(Heading(level=int(token.tag[1]), spans=_spans(next(tokens))))
            case "fence":
                blocks.append(CodeBlock(text=token.content.removesuffix("\n"), language=_language(token.info)))
            case "hr":
                blocks.append(Rule())
            case "blockquote_open":
                blocks.append(BlockQuote(blocks=tuple(_blocks(tokens, 0))))
            case "bullet_list_open" | "ordered_list_open":
                blocks.extend(_items(tokens, token, depth))
            case "table_open":
                blocks.append(_table(tokens))
            case "blockquote_close" | "list_item_close":
                return blocks
            case _:
                pass
    return blocks


def _items(tokens: Iterator[Token], claimed: Token, depth: int) -> Iterator[Block]:
    ordinal = int(claimed.attrs.get("start", 1)) if claimed.type == "ordered_list_open" else None
    for token in tokens:
        if token.type != "list_item_open":
            return
        blocks = _blocks(tokens, depth + 1)
        first = blocks[0] if blocks else None
        if isinstance(first, Paragraph):
            yield ListItem(spans=first.spans, depth=depth, ordinal=ordinal)
            yield from blocks[1:]
        else:
            yield ListItem(spans=(), depth=depth, ordinal=ordinal)
            yield from blocks
        ordinal = None if ordinal is None else ordinal + 1


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[tuple[Spans, ...]] = []
    cells: list[Spans] = []
    for token in tokens:
        match token.type:
            case "tr_open":
                cells = []
            case "inline":
                cells.append(_spans(token))
            case "tr_close":
                rows.append(tuple(cells))
            case "table_close":
                break
            case _:
                pass
    return Table(header=rows[0], rows=tuple(rows[1:]))


def _language(info: str) -> str:
    """The first word after the fence, where it is a plain name."""
    word = info.split(maxsplit=1)[0] if info.strip() else ""
    return word if word.replace("-", "").replace("+", "").replace("#", "").isalnum() else ""


_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


def _spans(inline: Token) -> Spans:
    spans: list[Span] = []
    depths = {"bold": 0, "italic": 0, "strike": 0}
    link = ""
    for token in inline.children or ():
        kind, _, edge = token.type.rpartition("_")
        if kind in _STYLES:
            depths[_STYLES[kind]] += 1 if edge == "open" else -1
        elif kind == "link":
            link = _address(token, "href") if edge == "open" else ""
        elif words := _words(token):
            styles = {style: depth > 0 for style, depth in depths.items()}
            code = token.type == "code_inline"
            picture = _address(token, "src") if token.type == "image" else ""
            _append(spans, Span(text=words, code=code, link=link or picture, **({} if code else styles)))
    return tuple(spans)


def _words(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":
            return "".join(map(_words, token.children or ())) or str(token.attrs.get("src", ""))
        case _:
            return token.content


def _append(spans: list[Span], span: Span) -> None:
    """Put a span at the end, joined with the last one where both look the same."""
    if spans:
        last = spans[-1]
        same = (last.bold, last.italic, last.strike, last.code, last.link)
        if same == (span.bold, span.italic, span.strike, span.code, span.link) and not span.code:
            span = Span(
                text=last.text + span.text, bold=span.bold, italic=span.italic, strike=span.strike, link=span.link
            )
            spans.pop()
    spans.append(span)


def _address(token: Token, attribute: str) -> str:
    """Where a link leads, or nothing when it is no address that is safe to follow."""
    address = str(token.attrs.get(attribute, ""))
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme.lower() not in _SCHEMES or (parts.scheme.lower().startswith("http") and not parts.hostname):
        return ""
    return address
