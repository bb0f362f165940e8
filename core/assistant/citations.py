"""The numbers an answer points at its sources with."""

import re

from core.reply import Source

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_MARK = re.compile(r"(?<![ \t])[ \t]*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\](?!\()")


class Citations:
    """The sources found in one turn, numbered in the order in which they were found."""

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def cite(self, source: Source) -> int:
        """The number of a source, from 1; the same source keeps its number."""
        if source not in self._sources:
            self._sources.append(source)
        return self._sources.index(source) + 1

    def settle(self, text: str) -> tuple[str, tuple[Source, ...]]:
        """The text with its marks numbered anew in the order of their first use, and those sources in that order.

        Marks that point at nothing are taken out, unless nothing was found at all; code is left alone.
        """
        if not self._sources:
            return text, ()
        used: list[Source] = []

        def renumber(mark: re.Match[str]) -> str:
            found = [number for part in re.split(r"[,;]", mark[1]) if (number := self._number(int(part), used))]
            gap = mark[0][: mark[0].index("[")]
            return gap + "".join(f"[{number}]" for number in dict.fromkeys(found)) if found else ""

        parts = _CODE.split(text)
        settled = (part if place % 2 else _MARK.sub(renumber, part) for place, part in enumerate(parts))
        return "".join(settled), tuple(used)

    def _number(self, raw: int, used: list[Source]) -> int:
        if not 1 <= raw <= len(self._sources):
            return 0
        source = self._sources[raw - 1]
        if source not in used:
            used.append(source)
        return used.index(source) + 1


def without_marks(text: str) -> str:
    """A text of an earlier turn, whose numbers mean nothing any more."""
    return _MARK.sub("", text)
