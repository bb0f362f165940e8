"""Markdown, by way of HTML."""

import re

from core.ports.reading import Reading
from core.providers.reading.decoding import decode
from core.providers.reading.sample import Sample

ENDINGS = (".md", ".markdown", ".mdown", ".mkd")

_KINDS = ("text/markdown", "text/x-markdown")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_FIELD = re.compile(r"^(title|lang|language):[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)


def suits(sample: Sample) -> int:
    named = sample.kind in _KINDS or sample.called(*ENDINGS)
    return 2 if named and decode(sample.data, sample.charset) is not None else 0


def read(sample: Sample) -> Reading:
    from markdown_it import MarkdownIt

    from core.providers.reading import dom

    text = (decode(sample.data, sample.charset) or "").replace("\r\n", "\n")
    front = _FRONT.match(text)
    said = {key.lower(): value for key, value in _FIELD.findall(front[1])} if front else {}
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text[front.end() :] if front else text)
    return Reading(
        blocks=dom.read(html),
        title=said.get("title", ""),
        language=said.get("lang") or said.get("language") or "",
    )
