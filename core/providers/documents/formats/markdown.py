"""Markdown, by way of HTML."""

import re

from core.ports.documents import ParsedDocument
from core.providers.documents.decoding import decode
from core.providers.documents.sample import Sample

ENDINGS = (".md", ".markdown", ".mdown", ".mkd")

_KINDS = ("text/markdown", "text/x-markdown")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|lang|language):[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)


def suits(sample: Sample) -> int:
    named = sample.kind in _KINDS or sample.called(*ENDINGS)
    return 2 if named and decode(sample.data, sample.charset) is not None else 0


def read(sample: Sample) -> ParsedDocument:
    from markdown_it import MarkdownIt

    from core.providers.documents import html_blocks

    text = (decode(sample.data, sample.charset) or "").replace("\r\n", "\n")
    front = _FRONT.match(text)
    said = {key.lower(): value for key, value in _FIELD.findall(front[1])} if front else {}
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text[front.end() :] if front else text)
    return ParsedDocument(
        blocks=html_blocks.read(html),
        title=said.get("title", ""),
        language=said.get("lang") or said.get("language") or "",
    )
