"""From bytes to text, whatever they were written in."""

import codecs
import re
from functools import lru_cache

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_SAMPLE = 64 * 1024
_NOISE = 0.1
"""The share of control characters above which bytes are no text: text files damaged in a few places stay far below, compressed data far above."""


@lru_cache(maxsize=1)
def decode(data: bytes, charset: str = "") -> str | None:
    """The text, broken characters replaced and NULs left out; `None` when the bytes are no text in any encoding.

    A byte order mark goes first, then the declared `charset`, the one an HTML or XML head names, UTF-8, and a guess.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(data, encoding)
    found = _META.search(data[:2048])
    declared = charset or (found[1].decode("ascii") if found else "")
    if declared and _known(declared) and not _fits(data, "utf-8"):
        return _text(data, declared)
    if _fits(data, "utf-8") or _nearly_utf8(data):
        return _text(data, "utf-8")
    return _text(data, _guess(data))


def _text(data: bytes, encoding: str) -> str | None:
    text = data.decode(encoding, "replace")
    start = text[:_SAMPLE]
    return None if len(_CONTROL.findall(start)) > _NOISE * max(len(start), 10) else text.replace("\0", "")


def _known(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name not in ("utf-7", "idna", "punycode")
    except (LookupError, UnicodeError):
        return False


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(data: bytes) -> bool:
    """UTF-8 with a few broken places: most characters beyond ASCII decode."""
    text = data[:_SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    foreign = sum(1 for letter in text if letter > "\x7f")
    return foreign - broken > 2 * broken


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes  # loaded only for the rare file that needs it

    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best is not None else "utf-8"
