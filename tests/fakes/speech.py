"""Spoken material for tests, and ears and voices that do as they are told."""

from dataclasses import dataclass, field

import numpy as np

from core.errors import Failure
from core.media import Audio
from core.ports.voice import Heard, SpeechStyle, VoiceInfo
from core.providers.audio import codec
from core.providers.speech.espeak import synthesise


def clip(words: str, language: str, *, mime: str = "audio/ogg", pause: float = 0.3) -> Audio:
    """Words said by eSpeak with a faintly noisy pause on both sides, as a recorder would hand them over."""
    spoken = codec.decode(codec.encode(synthesise(words, SpeechStyle(language=language)), "audio/wav").data)
    noise = np.random.default_rng(1).normal(0, 8, round(pause * spoken.rate)).astype("<i2").tobytes()
    return codec.encode(codec.PcmSamples(data=noise + spoken.data + noise, rate=spoken.rate), mime)


def tone(seconds: float, *, rate: int = 16_000, height: int = 8_000) -> codec.PcmSamples:
    wave = height * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return codec.PcmSamples(data=wave.astype("<i2").tobytes(), rate=rate)


@dataclass(slots=True)
class ScriptedVoice:
    """Says everything as `audio`, or fails as told; `said` keeps what it was asked."""

    audio: Audio = field(default_factory=lambda: Audio(data=b"OggS", mime="audio/ogg", seconds=1.5))
    failure: Failure | None = None
    said: list[tuple[str, SpeechStyle]] = field(default_factory=list[tuple[str, SpeechStyle]])

    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        self.said.append((text, manner))
        if self.failure:
            raise self.failure
        return self.audio

    async def voices(self) -> tuple[VoiceInfo, ...]:
        if self.failure:
            raise self.failure
        return (VoiceInfo(name="a", language="en"),)


@dataclass(slots=True)
class ScriptedEars:
    """Hears `text` in everything, or fails as told; `asked` keeps the languages and expectations."""

    text: str = "hello"
    bounded: bool = False
    failure: Failure | None = None
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list[tuple[str, tuple[str, ...]]])

    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        self.asked.append((language, expected))
        if self.failure:
            raise self.failure
        return Heard(text=self.text, bounded=self.bounded)


class Tally:
    """A `Count` that can be read."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, dict[str, str]]] = []

    def __call__(self, name: str, /, **labels: str) -> None:
        self.counted.append((name, labels))
