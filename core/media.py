"""Sound, pictures and files, in memory or by the key of a blob that holds them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Encoded sound in memory. `seconds` is its length; `waveform` up to 256 peaks from 0 to 255."""

    data: bytes
    mime: str
    seconds: float = 0.0
    waveform: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file that is kept elsewhere.

    `ref` is the key of a blob (`blob:…`) once it is ours, or the platform's own file id before that;
    `Channel.fetch` turns the second into bytes.
    """

    ref: str
    mime: str = "application/octet-stream"
    name: str = ""
    size: int = 0
    seconds: float = 0.0
