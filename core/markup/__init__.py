"""The Markdown that models write: read into a small tree, shown as plain words, cut into pieces.

CommonMark with strikethrough and tables. HTML is text, indented text is no code, and reference definitions
are text too, so that no word is ever hidden.
"""

from core.markup.cut import split
from core.markup.read import parse
from core.markup.show import bullet, joined, plain, plain_spans
from core.markup.tree import Block, BlockQuote, CodeBlock, Heading, ListItem, Paragraph, Rule, Span, Spans, Table

__all__ = [
    "Block",
    "BlockQuote",
    "CodeBlock",
    "Heading",
    "ListItem",
    "Paragraph",
    "Rule",
    "Span",
    "Spans",
    "Table",
    "bullet",
    "joined",
    "parse",
    "plain",
    "plain_spans",
    "split",
]
