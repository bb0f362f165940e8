"""Cutting a reading into passages: along headings, then paragraphs, then sentences."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from urllib.parse import quote

from core.ports.documents import (
    DocumentBlock,
    DocumentCode,
    DocumentHeading,
    DocumentListItem,
    DocumentParagraph,
    DocumentTable,
    ParsedDocument,
)
from core.ports.knowledge import Passage

LIMIT = 220
"""Word pieces in a passage at most, by `weigh`: about 170 English words, which leaves the default embedder's window of 256 room for the section."""

_SLACK = 0.9
"""How full passages are planned, so that the last one is not what did not fit into the others."""
_SEPARATOR = " › "
_HEADING_LENGTH = 160
_DENSE = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"[{_DENSE}]|[a-zA-Z0-9\u00c0-\u024f\u1e00-\u1eff]+|[^\W{_DENSE}]+|[^\w\s]")
_SENTENCE = re.compile(r"(?:[.!?…]+[\"'”’»)\]]*|[।؟۔።])\s+|[。！？｡]+[」』”’）】]*\s*|[။។]\s*|\n+")
_PAUSES = " \t\n,;:，、；：）」"
_SPACE = re.compile(rf"\s+|(?<=[{_DENSE}])|(?=[{_DENSE}])")
_KEPT = (9, 10)
_UNWANTED = {
    code: None
    for code in (*range(32), *range(127, 160), 0xAD, 0xFEFF, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000))
    if code not in _KEPT
}
_FRAGMENT = "!$&'()*+,;=:@/?-._~"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What is never cut any more. `joint` stands before it where it follows another, `header` once above it in every passage."""

    text: str
    weight: int
    joint: str = "\n\n"
    page: int = 0
    header: str = ""


@dataclass(slots=True)
class _Section:
    path: tuple[str, ...]
    anchor: str
    page: int
    blocks: list[DocumentBlock]


def weigh(text: str) -> int:
    """About how many word pieces a model's tokenizer makes of a text, a little on the high side."""
    total = 0
    for token in _TOKEN.findall(text):
        if len(token) == 1:
            total += 1
        elif token[0] < "\u0250" or "\u1e00" <= token[0] <= "\u1eff":
            total += 1 + len(token) // 7
        else:
            total += 1 + len(token) // 2
    return total


def tidy(text: str) -> str:
    """The text without characters that nobody can see and databases refuse, its line breaks all alike."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return text.replace("\u2028", "\n").replace("\u2029", "\n").translate(_UNWANTED)


def cut(reading: ParsedDocument, *, link: str = "", limit: int = LIMIT) -> tuple[Passage, ...]:
    """The passages of a reading, in order; none weighs more than `limit` and none reaches over a heading.

    `link` is the document's address; a passage's own points to its heading (`#anchor`) or page (`#page=3`).
    """
    passages: list[Passage] = []
    for section in _sections(reading):
        pieces = [piece for block in section.blocks for piece in _pieces(block, limit)]
        for group in _groups(pieces, limit):
            page = group[0].page or section.page
            passages.append(
                Passage(
                    text=_text(group),
                    section=_SEPARATOR.join(section.path),
                    position=len(passages),
                    page=page,
                    link=_link(link, section.anchor, page),
                )
            )
    return tuple(passages)


def searched(passage: Passage) -> str:
    """The words a passage is found by: the headings above it, then its own."""
    return f"{passage.section}\n{passage.text}" if passage.section else passage.text


def _sections(reading: ParsedDocument) -> Iterator[_Section]:
    """Stretches between headings. A heading with nothing beneath it is kept as text of its own; the main one that repeats the title is left out."""
    trail: list[DocumentHeading] = []
    current = _Section((), "", 0, [])
    for block, following in pairwise((*reading.blocks, None)):
        if not isinstance(block, DocumentHeading):
            if block is not None:
                current.blocks.append(block)
            continue
        if current.blocks:
            yield current
        trail = [outer for outer in trail if outer.level < block.level]
        above = _path(trail, reading.title)
        trail.append(block)
        bare = following is None or (isinstance(following, DocumentHeading) and following.level <= block.level)
        words: list[DocumentBlock] = [DocumentParagraph(text=block.text, page=block.page)] if bare else []
        current = _Section(above if bare else _path(trail, reading.title), block.anchor, block.page, words)
    if current.blocks:
        yield current


def _path(trail: list[DocumentHeading], title: str) -> tuple[str, ...]:
    words = [(_heading(heading), heading.level) for heading in trail]
    return tuple(text for text, level in words if text and not (level == 1 and title.startswith(text)))


def _heading(heading: DocumentHeading) -> str:
    return " ".join(tidy(heading.text).split())[:_HEADING_LENGTH]


def _pieces(block: DocumentBlock, limit: int) -> Iterator[_Piece]:
    match block:
        case DocumentHeading(text=text, page=page) | DocumentParagraph(text=text, page=page):
            yield from _split(_Piece(text=tidy(text).strip(), weight=0, page=page), limit)
        case DocumentListItem(text=text, depth=depth, page=page):
            indented = "  " * min(depth, 6) + tidy(text).strip()
            yield from _split(_Piece(text=indented, weight=0, joint="\n", page=page), limit)
        case DocumentCode(text=text, page=page):
            lines = tidy(text).strip("\n").split("\n")
            for number, line in enumerate(lines):
                joint = "\n" if number else "\n\n"
                yield from _split(_Piece(text=line.rstrip(), weight=0, joint=joint, page=page), limit, blank=True)
        case DocumentTable():
            yield from _rows(block, limit)


def _rows(table: DocumentTable, limit: int) -> Iterator[_Piece]:
    header = _row(table.header)
    if weigh(header) > limit // 3:
        yield from _split(_Piece(text=header, weight=0, page=table.page), limit)
        header = ""
    room = limit - weigh(header)
    for number, row in enumerate(table.rows or ((),)):
        joint = "\n" if number else "\n\n"
        piece = _Piece(text=_row(row), weight=0, joint=joint, page=table.page, header=header)
        yield from _split(piece, room, blank=not table.rows)


def _row(cells: Iterable[str]) -> str:
    return " | ".join(" ".join(tidy(cell).split()) for cell in cells)


def _split(piece: _Piece, limit: int, *, blank: bool = False) -> Iterator[_Piece]:
    """The piece if it fits, else its sentences, else as many words as fit; an empty one only where `blank` ones matter."""
    weight = weigh(piece.text)
    if weight <= limit:
        if piece.text.strip() or blank:
            yield replace(piece, weight=weight)
        return
    joint = piece.joint
    for sentence, space in _parts(piece.text, _SENTENCE):
        for shard, gap in [(sentence, space)] if weigh(sentence) <= limit else _shards(sentence, space, limit):
            yield replace(piece, text=shard, weight=weigh(shard), joint=joint)
            joint = gap


def _parts(text: str, boundary: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Stretches up to and with each boundary, without the space at their end, and what joins the next one to them."""
    start = 0
    for end in [*(found.end() for found in boundary.finditer(text)), len(text)]:
        part = text[start:end]
        bare = part.rstrip()
        space = part[len(bare) :]
        if bare:
            yield bare, "\n" if "\n" in space else " " if space else ""
        start = end


def _shards(text: str, space: str, limit: int) -> Iterator[tuple[str, str]]:
    """As much at a time as weighs `limit`, ending at a pause or space where there is one, else between characters."""
    start, weight, pause = 0, 0, 0
    edges = sorted({0, *(found.end() for found in _SPACE.finditer(text)), len(text)})
    for left, right in pairwise(edges):
        for low in range(left, right, limit):
            more = weigh(text[low : min(low + limit, right)])
            here = pause or _whole(text, low)
            if weight and weight + more > limit and start < here <= low:
                yield text[start:here].rstrip(), " " if text[here - 1].isspace() else ""
                start, weight, pause = here, weigh(text[here:low]), 0
            weight += more
        if weight > limit // 2 and text[right - 1] in _PAUSES:
            pause = right
    if text[start:].strip():
        yield text[start:].strip(), space


def _whole(text: str, index: int) -> int:
    """The next place from `index` on that does not part a letter from its marks."""
    for place in range(index, min(index + 8, len(text))):
        if not unicodedata.category(text[place]).startswith("M") and text[place] not in "\u200c\u200d":
            return place
    return index


def _groups(pieces: list[_Piece], limit: int) -> Iterator[list[_Piece]]:
    """Pieces put together so that the passages of a section are about equally long."""
    left = sum(piece.weight for piece in pieces) + sum(weigh(header) for header in {piece.header for piece in pieces})
    count = 1 if left <= limit else ceil(left / (limit * _SLACK))
    group: list[_Piece] = []
    weight, header = 0, ""
    for piece in pieces:
        more = piece.weight + (weigh(piece.header) if piece.header != header else 0)
        if group and (weight + more > limit or (count > 1 and weight + more / 2 > left / count)):
            yield group
            left, count = left - weight, max(1, count - 1)
            group, weight = [], 0
            more = piece.weight + weigh(piece.header)
        group.append(piece)
        weight, header = weight + more, piece.header
    if any(piece.text.strip() or piece.header for piece in group):
        yield group


def _text(group: list[_Piece]) -> str:
    words: list[str] = []
    header = ""
    for piece in group:
        lead = f"{piece.header}\n" if piece.header and piece.header != header else ""
        words += [piece.joint if words else "", lead, piece.text]
        header = piece.header
    return "".join(words).strip("\n").rstrip()


def _link(link: str, anchor: str, page: int) -> str:
    if not link or not (anchor or page):
        return link
    return f"{link.partition('#')[0]}#{quote(anchor, safe=_FRAGMENT) if anchor else f'page={page}'}"
