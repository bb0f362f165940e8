"""Counts what a text message costs in segments, writes it so that it costs few, and cuts it where people pause.

Sizes from 3GPP TS 23.038: 160 septets in a message, 153 in each of several; 70 and 67 UTF-16 units where one
character is not in the GSM 7-bit alphabet. A character of the extension table takes two septets.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_ALPHABET = _BASIC | _EXTENDED
_ROOM: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−•·‣▪◦", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\t", " "),
        **dict.fromkeys("\u200b\u200c\u2060\ufeff\u00ad", ""),
        "…": "...",
        "→": "->",
        "←": "<-",
        "⇒": "=>",
        "×": "x",
        "≠": "!=",
        "≤": "<=",
        "≥": ">=",
        "✓": "+",
        "✔": "+",
        "✗": "x",
        "©": "(c)",
        "®": "(R)",
        "™": "(TM)",
    }
)
_PAUSES = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?…。！？]['\")\]]*\s"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSize:
    """What a text takes: `units` are septets in GSM-7 and UTF-16 units in UCS-2."""

    encoding: Encoding
    units: int
    segments: int


def measure(text: str) -> MessageSize:
    """The size of a text as it is; an empty one takes no segment."""
    encoding: Encoding = "GSM-7" if _ALPHABET.issuperset(text) else "UCS-2"
    whole, part = _ROOM[encoding]
    units = sum(_widths(text, encoding))
    segments = min(units, 1) if units <= whole else _segments(_widths(text, encoding), part)
    return MessageSize(encoding=encoding, units=units, segments=segments)


def thrifty(text: str) -> str:
    """The text with plain quotes, dashes and the like, where that alone keeps it in GSM-7; else as it was."""
    if _ALPHABET.issuperset(text):
        return text
    plain = text.translate(_PLAIN)
    return plain if _ALPHABET.issuperset(plain) else text


def pieces(text: str, most: int) -> Iterator[str]:
    """The text in messages of at most `most` segments each, cut between paragraphs, lines, sentences or words."""
    rest = text.strip()
    while rest:
        room = _room(rest, most)
        at = len(rest) if room == len(rest) else _pause(rest, room)
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()


def _widths(text: str, encoding: Encoding) -> Iterable[int]:
    if encoding == "GSM-7":
        return (2 if character in _EXTENDED else 1 for character in text)
    return (2 if character > "\uffff" else 1 for character in text)


def _segments(widths: Iterable[int], room: int) -> int:
    """How many segments are filled when no character may lie in two."""
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count


def _room(text: str, most: int) -> int:
    """How many characters from the start fit into so many segments, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]).segments <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, room: int) -> int:
    """Where to cut, from 1 to `room`: at the strongest pause in the second half, else anywhere but within a character."""
    window = text[: room + 1]
    for pause in _PAUSES:
        ends = [match.start() for match in pause.finditer(window) if room // 2 <= match.start() <= room]
        if pause is _PAUSES[2]:
            ends = [match.end() for match in pause.finditer(window) if room // 2 <= match.end() <= room]
        if ends and ends[-1] > 0:
            return ends[-1]
    spaces = [match.start() for match in _PAUSES[3].finditer(window) if 0 < match.start() <= room]
    return spaces[-1] if spaces else _between(text, room)


def _between(text: str, room: int) -> int:
    """The last place up to `room` that parts no accent, joined emoji or flag-like pair from what it belongs to."""
    for at in range(room, max(room - 16, 0), -1):
        after = text[at] if at < len(text) else ""
        if not (after and (unicodedata.combining(after) or after in "\u200d\ufe0f")) and text[at - 1] != "\u200d":
            return at
    return room
