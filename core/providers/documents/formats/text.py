"""Plain text."""

import re
from itertools import pairwise

from core.ports.documents import DocumentBlock, DocumentListItem, DocumentParagraph, ParsedDocument
from core.providers.documents.decoding import decode
from core.providers.documents.sample import Sample

ENDINGS = (".txt", ".text", ".log")

_ITEM = re.compile(r"([-*•–·]|\d{1,3}[.)])\s+\S")
_WRAPPED = 50
"""A line this long or longer that another follows was broken by the margin, not by the writer; verses and lists are shorter."""


def suits(sample: Sample) -> int:
    return 1 if decode(sample.data, sample.charset) is not None else 0


def read(sample: Sample) -> ParsedDocument:
    text = decode(sample.data, sample.charset) or ""
    found: list[DocumentBlock] = []
    paged = "\f" in text
    for number, page in enumerate(text.split("\f"), 1):
        lines = page.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        found += _paragraphs(lines, number if paged else 0)
    return ParsedDocument(blocks=tuple(found))


def _paragraphs(lines: list[str], page: int) -> list[DocumentBlock]:
    found: list[DocumentBlock] = []
    waiting: list[str] = []
    for line in [*lines, ""]:
        starts = bool(_ITEM.match(line.strip()))
        if waiting and (starts or not line.strip()):
            text = _joined(waiting)
            item = _ITEM.match(text)
            found.append(DocumentListItem(text=text, page=page) if item else DocumentParagraph(text=text, page=page))
            waiting = []
        if line.strip():
            waiting.append(line.strip())
    return found


def _joined(lines: list[str]) -> str:
    words = lines[0]
    for before, line in pairwise(lines):
        words = f"{words} {line}" if len(before) >= _WRAPPED else f"{words}\n{line}"
    return words
