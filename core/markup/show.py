"""Shows blocks as plain words, and what every other form of showing them shares."""

from collections.abc import Callable

from core.markup.read import parse
from core.markup.tree import Block, BlockQuote, CodeBlock, Heading, ListItem, Paragraph, Rule, Span, Spans, Table


def plain(text: str) -> str:
    """The same words without any marks; a link's address follows its words in brackets."""
    return joined(parse(text), _plain_block)


def joined(blocks: tuple[Block, ...], show: Callable[[Block], str]) -> str:
    """Blocks shown one by one: a blank line between them, list items on lines that follow each other."""
    pieces: list[str] = []
    for index, block in enumerate(blocks):
        if index:
            pieces.append("\n" if isinstance(block, ListItem) and isinstance(blocks[index - 1], ListItem) else "\n\n")
        pieces.append(show(block))
    return "".join(pieces)


def plain_spans(spans: Spans) -> str:
    return "".join(_plain_span(span) for span in spans)


def _plain_span(span: Span) -> str:
    known = {span.text, f"http://{span.text}", f"https://{span.text}", f"mailto:{span.text}"}
    return span.text if not span.link or span.link in known else f"{span.text} ({span.link})"


def bullet(item: ListItem) -> str:
    """What stands before a list item: indentation and a number or a dot."""
    mark = "•" if item.ordinal is None else f"{item.ordinal}."
    return f"{'  ' * item.depth}{mark} "


def _plain_block(block: Block) -> str:
    match block:
        case Paragraph() | Heading():
            return plain_spans(block.spans)
        case ListItem():
            return bullet(block) + plain_spans(block.spans)
        case CodeBlock():
            return block.text
        case BlockQuote():
            return "\n".join(f"> {line}" for line in joined(block.blocks, _plain_block).split("\n"))
        case Table():
            return "\n".join(" | ".join(map(plain_spans, row)) for row in (block.header, *block.rows))
        case Rule():
            return "———"
