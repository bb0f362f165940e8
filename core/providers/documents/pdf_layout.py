"""From the lines of printed pages to headings and paragraphs."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.ports.documents import DocumentBlock, DocumentHeading, DocumentListItem, DocumentParagraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A printed line. `size` is the height of most of its letters in any unit, 0 when unknown."""

    text: str
    size: float = 0.0


Page = list[Line]
Outline = Mapping[int, Sequence[tuple[int, str]]]
"""Bookmarks as level and title, by the page they point to, counted from 1."""

_HEADING = 1.15
"""Letters this much larger than those of most text are a heading."""
_HEADING_LENGTH = 140
_EDGE = 0.4
"""A first or last line that stands on more than this share of the pages is a running head or foot."""
_FULL = 0.8
"""A line shorter than this share of the usual width that ends a sentence also ends a paragraph."""
_NUMBER = re.compile(r"[-–—\s]*(?:page\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE)
_BULLET = re.compile(r"[-•●▪◦‣–*]\s+\S|\(?\d{1,2}[.)]\s+\S")
_LEADER = re.compile(r"(?:\.\s*){5,}\S{0,6}$")
"""A line of a table of contents, which leads to a page and says nothing."""
_END = re.compile(r"[.!?。！？…:;]['\"”’»)\]」』]*$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def blocks(pages: Sequence[Page], outline: Outline) -> tuple[DocumentBlock, ...]:
    """The blocks of all pages; a paragraph that runs on over a page break stays one. Bookmarks are the headings where type sizes show none."""
    pages = [[line for line in page if not _LEADER.search(line.text)] for page in _without_edges(pages)]
    levels = _levels(pages)
    width = _width(pages)
    found: list[DocumentBlock] = []
    waiting: list[str] = []
    began = 0
    for number, page in enumerate(pages, 1):
        headings = (
            []
            if levels
            else [DocumentHeading(text=text, level=level, page=number) for level, text in outline.get(number, ())]
        )
        if headings:
            _end(found, waiting, began)
            found += headings
        for line in page:
            level = levels.get(line.size, 0) if len(line.text) <= _HEADING_LENGTH else 0
            if level or not line.text or _BULLET.match(line.text) or _ended(waiting, width):
                _end(found, waiting, began)
            if level and line.text:
                _title(found, line.text, level, number)
            elif line.text:
                began = began if waiting else number
                waiting.append(line.text)
    _end(found, waiting, began)
    return tuple(found)


def join(lines: Sequence[str]) -> str:
    """Lines as running text: words parted by a hyphen made whole, no space where the script has none."""
    text = ""
    for line in lines:
        if re.search(r"[a-zà-ÿ]-$", text) and line[:1].islower():
            text = text[:-1] + line
        elif text and not (_UNSPACED.match(text[-1]) and _UNSPACED.match(line)):
            text = f"{text} {line}"
        else:
            text += line
    return text


def _end(found: list[DocumentBlock], waiting: list[str], page: int) -> None:
    if waiting:
        text = join(waiting)
        found.append(
            DocumentListItem(text=text, page=page) if _BULLET.match(text) else DocumentParagraph(text=text, page=page)
        )
        waiting.clear()


def _title(found: list[DocumentBlock], text: str, level: int, page: int) -> None:
    """Add a heading, or the second line of the one just added."""
    last = found[-1] if found else None
    if (
        isinstance(last, DocumentHeading)
        and (last.level, last.page) == (level, page)
        and len(last.text) < _HEADING_LENGTH / 2
    ):
        found[-1] = DocumentHeading(text=join([last.text, text]), level=level, page=page)
    else:
        found.append(DocumentHeading(text=text, level=level, page=page))


def _ended(waiting: list[str], width: float) -> bool:
    return bool(waiting) and len(waiting[-1]) < _FULL * width and bool(_END.search(waiting[-1]))


def _width(pages: Sequence[Page]) -> float:
    lengths = sorted(len(line.text) for page in pages for line in page if line.text)
    return lengths[int(len(lengths) * 0.8)] if lengths else 0.0


def _levels(pages: Sequence[Page]) -> dict[float, int]:
    """The level of each size of letters that is a heading's; none when so much is large that sizes say nothing."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page:
            letters[line.size] += len(line.text)
    if not letters:
        return {}
    body = letters.most_common(1)[0][0]
    large = sorted((size for size in letters if body and size >= body * _HEADING), reverse=True)
    if sum(letters[size] for size in large) > 0.25 * letters.total():
        return {}
    return {size: min(rank, 4) for rank, size in enumerate(large, 1)}


def _without_edges(pages: Sequence[Page]) -> list[Page]:
    """The pages without running heads, feet and page numbers."""
    trimmed = [_trimmed(page) for page in pages]
    seen: Counter[str] = Counter()
    for page in trimmed:
        seen.update({_shape(page[index].text) for index in (0, -1) if page})
    common = {shape for shape, times in seen.items() if times >= 3 and times > _EDGE * len(pages)}
    for page in trimmed:
        for index in (0, -1):
            if page and (_shape(page[index].text) in common or _NUMBER.fullmatch(page[index].text)):
                page.pop(index)
    return trimmed


def _trimmed(page: Page) -> Page:
    texts = [bool(line.text) for line in page]
    if not any(texts):
        return []
    return page[texts.index(True) : len(texts) - texts[::-1].index(True)]


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text).strip().casefold()
