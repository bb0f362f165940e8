"""A long text in parts that end where a speaker would breathe."""

import re

_ENDS = (re.compile(r"[.!?…]+[\s\"”»)]+|[。！？]+|\n+"), re.compile(r"[,;:，；、]\s*"), re.compile(r"\s+"))


def parts(text: str, limit: int) -> tuple[str, ...]:
    """Cut a text into parts of at most `limit` characters, at sentences where possible, then clauses, then words."""
    made: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        made.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return tuple(part for part in (*made, rest) if part)


def _cut(text: str, limit: int) -> int:
    for ends in _ENDS:
        places = [end.end() for end in ends.finditer(text, 0, limit)]
        if places and places[-1] > limit // 4:
            return places[-1]
    return limit
