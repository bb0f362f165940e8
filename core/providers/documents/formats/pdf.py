"""PDF: lines put back together into headings and paragraphs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from core.ports.documents import ParsedDocument, Unreadable
from core.providers.documents.pdf_layout import Line, Page, blocks
from core.providers.documents.sample import Sample

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader
    from pypdf.generic import Destination

ENDINGS = (".pdf",)
PAGES = 3_000
LETTERS = 8_000_000

_DULL = ("untitled", "title", "microsoft word", "document", "unknown")


def suits(sample: Sample) -> int:
    return 3 if b"%PDF-" in sample.data[:1024] else 0


def read(sample: Sample) -> ParsedDocument:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError, PyPdfError

    try:
        pdf = PdfReader(io.BytesIO(sample.data))
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise Unreadable("ingest.encrypted")
        if pdf.get_num_pages() > PAGES:
            raise Unreadable("ingest.too_large")
        return ParsedDocument(blocks=blocks(_pages(pdf), _outline(pdf)), title=_title(pdf), language=_language(pdf))
    except LimitReachedError as error:
        raise Unreadable("ingest.too_large") from error
    except (FileNotDecryptedError, DependencyError) as error:
        raise Unreadable("ingest.encrypted") from error
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unreadable("ingest.broken") from error


def _pages(pdf: PdfReader) -> list[Page]:
    pages: list[Page] = []
    letters = 0
    for page in pdf.pages:
        lines = _lines(page)
        letters += sum(len(line.text) for line in lines)
        if letters > LETTERS or len(pages) >= PAGES:
            raise Unreadable("ingest.too_large")
        pages.append(lines)
    return pages


def _lines(page: PageObject) -> Page:
    """The lines of a page with the size of their letters, empty ones where there is a gap."""
    runs: list[tuple[str, float]] = []

    def note(text: str, matrix: list[float], place: list[float], _font: object, size: float) -> None:
        scale = abs(place[3] or place[1] or 1) * abs(matrix[3] or matrix[1] or 1)
        runs.append((text, round(scale * float(size or 0), 1)))

    page.extract_text(visitor_text=note)
    lines: Page = []
    words: list[str] = []
    sizes: dict[float, int] = {}
    for text, size in [*runs, ("\n", 0.0)]:
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append(
                    Line(text="".join(words).strip(), size=max(sizes, key=lambda key: sizes[key], default=0.0))
                )
                words, sizes = [], {}
            words.append(part)
            if part.strip():
                sizes[size] = sizes.get(size, 0) + len(part)
    return lines


def _outline(pdf: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """The bookmarks as level and title for each page, counted from 1; none where they cannot be read."""
    from pypdf.errors import PyPdfError

    found: dict[int, list[tuple[int, str]]] = {}
    stack: list[tuple[int, Iterator[object]]] = []
    try:
        stack.append((1, iter(cast("list[object]", pdf.outline))))
        while stack:
            level, entries = stack[-1]
            entry = next(entries, None)
            if entry is None:
                stack.pop()
            elif isinstance(entry, list):
                stack.append((level + 1, iter(cast("list[object]", entry))))
            else:
                mark = cast("Destination", entry)
                page = pdf.get_destination_page_number(mark)
                if page is not None and mark.title:
                    found.setdefault(page + 1, []).append((min(level, 6), str(mark.title)))
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return {}
    return found


def _title(pdf: PdfReader) -> str:
    """The title its maker gave it, unless that is a file name or what a program writes by itself."""
    said = pdf.metadata.title if pdf.metadata is not None else None
    title = (said or "").strip()
    return (
        ""
        if title.lower().endswith((".doc", ".docx", ".pdf", ".tex", ".dvi", ".indd")) or title.lower() in _DULL
        else title
    )


def _language(pdf: PdfReader) -> str:
    said = pdf.root_object.get("/Lang")
    return str(said) if isinstance(said, str) else ""
