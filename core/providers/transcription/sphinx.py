"""Ears without any key or network, that can only tell a quiz's expected answers apart."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.errors import Refused
from core.media import Audio
from core.ports.voice import Heard
from core.providers.audio import codec
from core.providers.speech.pronunciation import is_letter, words
from core.providers.transcription.recogniser import Fit, PhraseEntry, Recogniser

_FRAME = codec.HEARING_RATE // 100
_HISS = 38.0
_SHORTEST = 8
_ENTRIES = 24

# Measured on eSpeak's speech alone, with the voices and the 16 Toki Pona words these limits were found with, half of it with noise
# 18 dB below. Understood: 65 % of 200 words among four choices and their numbers, 38 % of 200 numbers, 33 % of 120 sentences. Taken
# for another answer: 2 of 400. Passed although no answer: 6 of 400 other words and remarks, and about 1 in 20 sentences with one
# word changed. What people say was not measured; expect them to be understood less often.
# In logarithms per frame of 10 ms: how far at most below a loop of any phones, in all and in the worst word, and how far at
# least above everything else.
_ABOVE_PHONES = -4.0
_PHRASE_ABOVE_PHONES = -0.5
_WORST_WORD = -9.0
_AHEAD = 7.0
_LETTER_BEHIND = 3.0
_PHONE_FRAMES = 25

# What people say that is no answer; never returned, only something else to be likely.
_DECOYS = (
    "hello there",
    "i do not know",
    "what",
    "okay",
    "please repeat",
    *"abcd",
    "one",
    "two",
    "three",
    "four",
    "five",
)


class SphinxHearing:
    """Compares the sound with each expected answer, and all of them with a loop of any phones; understands nothing unless one stands out.

    The names of letters are never taken for an answer: in trials they were mistaken as often as understood.
    `left_out` is told the answers that cannot be pronounced (other scripts, too many words).
    """

    def __init__(
        self,
        *,
        longest: float = 12.0,
        patience: float = 8.0,
        left_out: Callable[[tuple[str, ...]], None] = lambda _: None,
    ) -> None:
        self._longest = longest
        self._patience = patience
        self._left_out = left_out
        self._recogniser = Recogniser()

    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        if not expected:
            raise Refused("without the answers of a question this recogniser understands nothing")
        heard = await codec.samples(audio.data)
        return await asyncio.to_thread(self._hear, heard, language, expected)

    def _hear(self, samples: codec.PcmSamples, language: str, expected: tuple[str, ...]) -> Heard:
        nothing = Heard(text="", language=language, bounded=True)
        entries = self._entries(expected)
        speech = speech_in(samples)
        if not len(speech) or len(speech) > self._longest * codec.HEARING_RATE:
            return nothing
        frames, fits = self._recogniser.fits(speech, entries, until=time.monotonic() + self._patience)
        return Heard(text=decide(frames, fits), language=language, bounded=True)

    def _entries(self, expected: tuple[str, ...]) -> tuple[PhraseEntry, ...]:
        asked = tuple(dict.fromkeys(expected))[:_ENTRIES]
        made = {answer: self._recogniser.entry(answer) for answer in asked if not is_letter(words(answer))}
        if missing := tuple(answer for answer, entry in made.items() if entry is None):
            self._left_out(missing)
        answers = [entry for entry in made.values() if entry]
        if not answers:
            raise Refused("none of the answers can be pronounced by this recogniser")
        said = {words(entry.answer) for entry in answers}
        decoys = (self._recogniser.entry(text, decoy=True) for text in _DECOYS if words(text) not in said)
        return (*answers, *(entry for entry in decoys if entry))


def decide(frames: int, fits: tuple[Fit, ...]) -> str:
    """The answer that is near the phone loop in every word and stands out from every other entry, or an empty text."""
    if not fits:
        return ""
    best = max(fits, key=lambda fit: fit.whole)
    near = (
        best.whole >= (_ABOVE_PHONES if len(best.entry.ways) == 1 else _PHRASE_ABOVE_PHONES)
        and best.worst >= _WORST_WORD
        and frames <= _longest(best.entry)
    )
    if not best.entry.answer or not near:
        return ""
    rivals = (fit for fit in fits if fit.entry.ways != best.entry.ways)
    clear = all(best.whole - rival.whole >= (_LETTER_BEHIND if rival.entry.letter else _AHEAD) for rival in rivals)
    return best.entry.answer if clear else ""


def _longest(entry: PhraseEntry) -> int:
    """The frames that even slow speech needs for an entry; a short word drawn out over a long sentence fits too well."""
    return _PHONE_FRAMES * (1 + sum(len(ways[0].split()) for ways in entry.ways))


def speech_in(samples: codec.PcmSamples) -> NDArray[np.int16]:
    """From just before the first loud frame to just after the last; empty for silence and for even noise."""
    values = np.frombuffer(samples.data, dtype="<i2")
    loudness = codec.loudness(samples)
    if len(loudness) < 2 * _SHORTEST or codec.silent(samples):
        return values[:0]
    high, low = float(np.sort(loudness)[-_SHORTEST]), float(np.percentile(loudness, 10))
    if high - low < 6:
        return values[:0]
    loud = np.flatnonzero(loudness > max(low + 6, high - 25))
    return _floored(values[max(0, int(loud[0]) - 6) * _FRAME : (int(loud[-1]) + 7) * _FRAME], high)


def _floored(values: NDArray[np.int16], high: float) -> NDArray[np.int16]:
    """With an even hiss far below the speech, as rooms have it: the model was made in rooms and is lost in digital silence."""
    hiss = np.random.default_rng(0).normal(0, 10 ** ((high - _HISS) / 20), len(values))
    return np.clip(values + hiss, -32768, 32767).astype(np.int16)
