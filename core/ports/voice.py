"""Ears and voices."""

from dataclasses import dataclass
from typing import Protocol

from core.media import Audio


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStyle:
    """How something is said. `language` is a BCP 47 tag, `voice` a voice's name or empty for the language's usual one; `rate` and `volume` are percent of change."""

    language: str = "en"
    voice: str = ""
    rate: int = 0
    volume: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceInfo:
    name: str
    language: str
    gender: str = ""


class Speech(Protocol):
    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        """OGG/Opus of the words, with its length and waveform. Raises `Unreachable` or `Refused` (no such voice, nothing to say)."""
        ...

    async def voices(self) -> tuple[VoiceInfo, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was understood. `text` is empty when nothing was; `bounded` when only `expected` answers could be understood."""

    text: str
    language: str = ""
    bounded: bool = False


class Hearing(Protocol):
    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        """Write down what was said. `expected` are the answers an open quiz would take, as a hint or as all that can be understood.

        Raises `Malformed` when it is no sound, `Unreachable` when the recogniser is away, `Refused` when it
        cannot hear this at all (open dictation with a recogniser that only knows `expected`).
        """
        ...
