"""From HTML to blocks, without recursion, however deep it is nested."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from core.ports.documents import (
    DocumentBlock,
    DocumentCode,
    DocumentHeading,
    DocumentListItem,
    DocumentParagraph,
    DocumentTable,
)

_SKIPPED = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "iframe",
        "object",
        "embed",
        "canvas",
        "audio",
        "video",
        "button",
        "select",
        "textarea",
        "input",
        "datalist",
        "dialog",
        "rt",
        "rp",
        "head",
        "-comment",
    }
)
CHROME = frozenset({"nav", "footer", "aside", "menu"})
"""What stands around the content of a web page."""
_CHROME_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "main",
        "menu",
        "nav",
        "optgroup",
        "option",
        "p",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    }
)
_CELLS = frozenset({"td", "th"})

_Kind = Literal["paragraph", "heading", "code"]


@dataclass(slots=True)
class _Writer:
    """The blocks so far and the line being written."""

    blocks: list[DocumentBlock] = field(default_factory=list[DocumentBlock])
    words: list[str] = field(default_factory=list[str])
    kind: _Kind = "paragraph"
    level: int = 0
    anchor: str = ""
    mark: str = ""
    lists: list[int | None] = field(default_factory=list["int | None"])
    page: int = 0

    def flush(self) -> None:
        """End the line that is being written."""
        raw = "".join(self.words)
        self.words.clear()
        text = raw if self.kind == "code" else squeeze(raw)
        if text.strip():
            self.blocks.append(self._block(text))
            if self.kind == "paragraph":
                self.mark = ""

    def _block(self, text: str) -> DocumentBlock:
        if self.kind == "heading":
            return DocumentHeading(text=text.replace("\n", " "), level=self.level, anchor=self.anchor, page=self.page)
        if self.kind == "code":
            return DocumentCode(text=text, page=self.page)
        if self.lists:
            lead = self.mark or " " * 2
            return DocumentListItem(text=f"{lead}{text}", depth=len(self.lists) - 1, page=self.page)
        return DocumentParagraph(text=text, page=self.page)


def squeeze(text: str) -> str:
    """Runs of spaces made one; the line breaks that were meant (`<br>`, written as a vertical tab) kept."""
    return "\n".join(" ".join(line.split()) for line in text.split("\v")).strip()


def parse(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def blocks(root: LexborNode, *, without: frozenset[str] = frozenset()) -> tuple[DocumentBlock, ...]:
    """The blocks under a node in reading order. Elements in `without` are left out, and with `CHROME` also their ARIA roles."""
    writer = _Writer()
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            _leave(node, writer)
        elif node.is_text_node:
            _write(node, writer)
        elif not _hidden(node, without) and _enter(node, writer):
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(list(_children(node))))
    writer.flush()
    return tuple(writer.blocks)


def read(html: str, *, without: frozenset[str] = frozenset()) -> tuple[DocumentBlock, ...]:
    """The blocks of a whole page or of a piece of HTML."""
    body = parse(html).body
    return blocks(body, without=without) if body is not None else ()


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _hidden(node: LexborNode, without: frozenset[str]) -> bool:
    tag = node.tag or ""
    if tag in _SKIPPED or tag in without:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    role = (attributes.get("role") or "") if without else ""
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or role in _CHROME_ROLES


def _write(node: LexborNode, writer: _Writer) -> None:
    text = node.text_content or ""
    writer.words.append(text if writer.kind == "code" else text.replace("\v", " "))


def _enter(node: LexborNode, writer: _Writer) -> bool:
    """Begin an element; false when it is done with already."""
    tag = node.tag or ""
    if tag == "br":
        writer.words.append("\n" if writer.kind == "code" else "\v")
    elif tag in _HEADINGS:
        writer.flush()
        writer.kind, writer.level = "heading", _HEADINGS[tag]
        writer.anchor = _anchor(node)
    elif tag == "pre":
        writer.flush()
        writer.kind = "code"
    elif tag in _LISTS:
        writer.flush()
        writer.lists.append(_start(node) if tag == "ol" else None)
    elif tag == "li":
        writer.flush()
        _begin_item(writer)
    elif tag == "table":
        writer.flush()
        return not _tabulate(node, writer)
    elif tag in _BLOCKS and writer.kind != "heading":
        writer.flush()
    return True


def _leave(node: LexborNode, writer: _Writer) -> None:
    tag = node.tag or ""
    if tag in _HEADINGS or tag == "pre":
        writer.flush()
        writer.kind = "paragraph"
    elif tag in _LISTS:
        writer.flush()
        writer.lists.pop()
    elif tag == "li" or (tag in _BLOCKS and writer.kind != "heading"):
        writer.flush()
        if tag == "li":
            writer.mark = ""


def _start(node: LexborNode) -> int:
    start = node.attributes.get("start") or ""
    return int(start) if re.fullmatch(r"\d{1,6}", start) else 1


def _begin_item(writer: _Writer) -> None:
    if not writer.lists:
        return
    number = writer.lists[-1]
    if number is None:
        writer.mark = "- "
    else:
        writer.mark = f"{number}. "
        writer.lists[-1] = number + 1


def _anchor(node: LexborNode) -> str:
    """The id of a heading, of a mark inside it, or of the section it opens."""
    inner = node.css_first("[id], a[name]")
    parent = node.parent
    first = parent is not None and parent.tag in ("section", "article", "div") and _first(parent) == node.mem_id
    for candidate in (node, inner, parent if first else None):
        if candidate is not None:
            found = candidate.attributes.get("id") or candidate.attributes.get("name")
            if found:
                return found
    return ""


def _first(parent: LexborNode) -> int:
    return next((child.mem_id for child in _children(parent) if child.is_element_node), 0)


def _tabulate(node: LexborNode, writer: _Writer) -> bool:
    """Write a table of data; false when it only lays out other blocks."""
    if node.css_first("table table, h1, h2, h3, h4, pre") is not None:
        return False
    rows = [_cells(row) for row in node.css("tr")]
    filled = [row for row in rows if any(row)]
    if not filled or max(len(row) for row in filled) < 2:
        return False
    head = node.css_first("tr")
    titled = head is not None and bool(rows[0]) and _titles(head)
    header = tuple(rows[0]) if titled else ()
    body = tuple(tuple(row) for row in filled if not titled or row is not rows[0])
    writer.blocks.append(DocumentTable(header=header, rows=body, page=writer.page))
    return True


def _titles(row: LexborNode) -> bool:
    """Whether a first row names the columns: it says so, or, in a table that never does, stands in front of all others."""
    parent = row.parent
    cells = [cell.tag for cell in _children(row) if cell.tag in _CELLS]
    return (parent is not None and parent.tag == "thead") or all(tag == "th" for tag in cells) or "th" not in cells


def _cells(row: LexborNode) -> list[str]:
    return [_cell(cell) for cell in _children(row) if cell.tag in _CELLS]


def _cell(node: LexborNode) -> str:
    found = blocks(node)
    return " ".join(block.text for block in found if not isinstance(block, DocumentTable)).replace("\n", " ")
