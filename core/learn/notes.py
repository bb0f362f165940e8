"""Grammar notes: Markdown cut at its headings."""

import re

from core.learn.course import Section

_HEADING = re.compile(r"^(#{1,2})\s+(.+?)\s*$", re.MULTILINE)


def sections(markdown: str, title: str) -> tuple[Section, ...]:
    """The note's parts in order; what stands before the first `##` heading has `title` as its heading."""
    starts = [found for found in _HEADING.finditer(markdown) if found[1] == "##"]
    claimed = markdown[: starts[0].start()] if starts else markdown
    parts = [(title, _HEADING.sub("", claimed))]
    for place, found in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(markdown)
        parts.append((found[2], markdown[found.end() : end]))
    return tuple(Section(heading=heading, text=text.strip()) for heading, text in parts if text.strip())
