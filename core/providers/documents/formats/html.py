"""Web pages and other HTML: the content without what stands around it."""

import re

from core.ports.documents import DocumentBlock, DocumentHeading, DocumentTable, ParsedDocument
from core.providers.documents.decoding import decode
from core.providers.documents.sample import Sample

ENDINGS = (".html", ".htm", ".xhtml")

_KINDS = ("text/html", "application/xhtml+xml")
_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.DOTALL | re.IGNORECASE
)
_ENOUGH = 200
_SHARE = 0.3
"""A content that holds less of the page's words than this was found wrongly: then the whole page is taken."""


def suits(sample: Sample) -> int:
    text = decode(sample.data, sample.charset)
    if text is None:
        return 0
    if _START.match(text[:8192].lstrip("\ufeff")):
        return 3
    return 2 if sample.kind in _KINDS or sample.called(*ENDINGS) else 0


def read(sample: Sample) -> ParsedDocument:
    from core.providers.documents import html_blocks

    text = decode(sample.data, sample.charset) or ""
    tree = html_blocks.parse(text)
    title = tree.css_first("head > title, title")
    language = (tree.root.attributes.get("lang") or "") if tree.root is not None else ""
    whole = html_blocks.blocks(tree.body, without=html_blocks.CHROME) if tree.body is not None else ()
    return ParsedDocument(
        blocks=_content(text, whole),
        title=html_blocks.squeeze(title.text()) if title is not None else "",
        language=language,
    )


def _content(html: str, whole: tuple[DocumentBlock, ...]) -> tuple[DocumentBlock, ...]:
    from core.providers.documents import html_blocks

    tree = html_blocks.parse(html)
    marked = [html_blocks.blocks(node, without=html_blocks.CHROME) for node in tree.css("main, [role=main]")]
    articles = tree.css("article")
    if not marked and len(articles) == 1:
        marked = [html_blocks.blocks(articles[0], without=html_blocks.CHROME)]
    if len(marked) == 1 and _enough(marked[0], whole):
        return marked[0]
    if _length(whole) < _ENOUGH:
        return whole
    found = _extracted(html)
    return _anchored(found, whole) if _enough(found, whole) else whole


def _extracted(html: str) -> tuple[DocumentBlock, ...]:
    from trafilatura import extract

    from core.providers.documents import html_blocks

    found = extract(html, output_format="html", include_tables=True, include_comments=False, favor_recall=True)
    return html_blocks.read(found or "")


def _anchored(found: tuple[DocumentBlock, ...], whole: tuple[DocumentBlock, ...]) -> tuple[DocumentBlock, ...]:
    """The headings with their anchors, which the extraction drops, put back from the whole page."""
    known = {block.text: block for block in whole if isinstance(block, DocumentHeading)}
    return tuple(known.get(block.text, block) if isinstance(block, DocumentHeading) else block for block in found)


def _enough(part: tuple[DocumentBlock, ...], whole: tuple[DocumentBlock, ...]) -> bool:
    return _length(part) >= max(_ENOUGH, _SHARE * _length(whole))


def _length(blocks: tuple[DocumentBlock, ...]) -> int:
    return sum(
        sum(len(cell) for row in block.rows for cell in row) if isinstance(block, DocumentTable) else len(block.text)
        for block in blocks
    )
