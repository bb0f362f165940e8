"""Long Markdown cut into pieces where it hurts least, with code fences kept closed."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^([ \t]*)(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$", re.MULTILINE)
_SENTENCE = re.compile(r"(?:[.!?…][\"')\]”’»]*\s)|[。！？]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fence:
    """A code block that is open: its first line and where it and its content begin."""

    line: str
    start: int
    content: int
    closer: str


def split(text: str, limit: int) -> tuple[str, ...]:
    """Pieces of at most `limit` characters that hold everything but whitespace at the cuts.

    Cuts fall between blocks, else lines, else sentences, else words. A code block that is cut is closed and
    opened again in the next piece, unless its own first line leaves no room for that.
    """
    if limit < 1:
        raise ValueError("a piece needs at least one character")
    pieces: list[str] = []
    rest = text.strip("\n")
    while len(rest) > limit:
        piece, rest = _cut(rest, limit)
        if piece.strip():
            pieces.append(piece)
    if rest.strip():
        pieces.append(rest)
    return tuple(pieces)


def _cut(text: str, limit: int) -> tuple[str, str]:
    at = _place(text, limit)
    fence = _open_fence(text, at)
    if fence is None:
        return _part(text, at)
    whole = bool(text[: fence.start].strip())
    if whole and fence.start >= limit // 2:
        return _part(text, fence.start)
    room = limit - len(fence.closer) - 1
    inside = _place_in_code(text, fence.content, room)
    if inside > fence.content and len(fence.line) + len(fence.closer) < limit // 2:
        return _part_code(text, inside, fence)
    return _part(text, fence.start if whole else at)


def _part(text: str, at: int) -> tuple[str, str]:
    return text[:at].rstrip(), text[at:].lstrip("\n") if "\n" in text[at - 1 : at + 1] else text[at:].lstrip()


def _part_code(text: str, at: int, fence: _Fence) -> tuple[str, str]:
    head = text[:at].removesuffix("\n") + "\n" + fence.closer
    rest = text[at:].removeprefix("\n")
    line, _, after = rest.partition("\n")
    if _closes(line, fence):
        return head, after.lstrip("\n")
    return head, f"{fence.line}\n{rest}"


def _place(text: str, limit: int) -> int:
    """The best position to cut at, from 1 to `limit`."""
    window = text[: limit + 1]
    earliest = limit // 2
    for mark in ("\n\n", "\n"):
        at = window.rfind(mark)
        if at >= max(earliest, 1):
            return at
    ends = [match.end() for match in _SENTENCE.finditer(window) if earliest <= match.end() <= limit]
    if ends:
        return ends[-1]
    spaces = [at for at in (window.rfind(" "), window.rfind("\n"), window.rfind("\t")) if at > 0]
    return max(spaces, default=limit)


def _place_in_code(text: str, start: int, limit: int) -> int:
    at = text.rfind("\n", start, limit + 1)
    return at if at > start else limit


def _open_fence(text: str, at: int) -> _Fence | None:
    """The code block that position `at` lies in, its first and last line included."""
    fence: _Fence | None = None
    for match in _FENCE.finditer(text):
        if match.start() >= at:
            break
        if fence is None:
            indent, mark, _ = match.groups()
            fence = _Fence(line=match[0], start=match.start(), content=match.end() + 1, closer=indent + mark)
        elif _closes(match[0], fence) and match.end() <= at:
            fence = None
    return fence


def _closes(line: str, fence: _Fence) -> bool:
    mark = fence.closer.strip()
    bare = line.strip()
    return len(bare) >= len(mark) and not bare.strip(mark[0])
