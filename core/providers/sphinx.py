"""Ears without any key or network, that can only tell a quiz's expected answers apart."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.voice import Heard
from core.providers import sound
from core.providers.pronounced import sounds, words

_FRAME = sound.HEARING_RATE // 100
_SHORTEST = 8
_ENTRIES = 24
_VOCABULARY = 4_000

# Measured on eSpeak speech, 16 Toki Pona words and the numbers and letters in four voices, clean and with noise 18 dB below:
# four words and four numbers to choose from give 97 % (words alone) and 92 % right when forced to answer. At these limits
# 60 to 80 % are understood, under 1 % of words and 2 % of numbers are taken for another answer, and 4 % of unrelated
# speech passes. No person's voice was measured.
_ABOVE_PHONES = -4.0
_AHEAD = 6.0
_LETTER_AHEAD = 20.0
_LETTER_BEHIND = 3.0

# What people say that is no answer; never returned, only something else to be likely.
_DECOYS = ("hello there", "i do not know", "what", "okay", "please repeat", "one", "two", "three", "four", "five")
_DECOY_LETTERS = ("a", "b", "c", "d")


class Stretch(Protocol):
    """A phone or word as it was found: its frames, and how well it fits."""

    word: str
    start_frame: int
    end_frame: int
    ascore: float


class Decoder(Protocol):
    """What is used of PocketSphinx's decoder, which says nothing of its types."""

    def lookup_word(self, word: str) -> str | None: ...
    def add_word(self, word: str, phones: str, update: bool) -> int: ...
    def add_allphone_file(self, name: str, lmfile: str | None) -> None: ...
    def add_jsgf_string(self, name: str, jsgf_string: str) -> None: ...
    def activate_search(self, name: str) -> None: ...
    def remove_search(self, name: str) -> None: ...
    def start_utt(self) -> None: ...
    def process_raw(self, data: bytes, *, full_utt: bool) -> object: ...
    def end_utt(self) -> None: ...
    def hyp(self) -> object | None: ...
    def seg(self) -> Iterable[Stretch]: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that may have been said. `answer` is the expected answer as given, or empty for a decoy."""

    answer: str
    ways: tuple[tuple[str, ...], ...]
    letter: bool = False


class SphinxHearing:
    """Compares the sound with each expected answer, and all of them with a loop of any phones; understands nothing unless one stands out.

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
        heard = await sound.samples(audio.data)
        return await asyncio.to_thread(self._hear, heard, language, expected)

    def _hear(self, samples: sound.Samples, language: str, expected: tuple[str, ...]) -> Heard:
        nothing = Heard(text="", language=language, bounded=True)
        entries = self._entries(expected)
        speech = speech_in(samples)
        if not len(speech) or len(speech) > self._longest * sound.HEARING_RATE:
            return nothing
        scores = self._recogniser.scores(speech, entries, until=time.monotonic() + self._patience)
        return Heard(text=decide(scores), language=language, bounded=True)

    def _entries(self, expected: tuple[str, ...]) -> tuple[Entry, ...]:
        asked = tuple(dict.fromkeys(expected))[:_ENTRIES]
        made = {answer: self._recogniser.entry(answer) for answer in asked}
        if missing := tuple(answer for answer in asked if made[answer] is None):
            self._left_out(missing)
        answers = [entry for entry in made.values() if entry]
        if not answers:
            raise Refused("none of the answers can be pronounced by this recogniser")
        said = {(words(entry.answer), entry.letter) for entry in answers}
        decoys = [(decoy, False) for decoy in _DECOYS] + [(decoy, True) for decoy in _DECOY_LETTERS]
        others = [
            self._recogniser.entry(text, decoy=True) for text, letter in decoys if (words(text), letter) not in said
        ]
        return (*answers, *(entry for entry in others if entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well each entry fits, and the loop of phones; logarithms per frame of speech, the higher the better."""

    phones: float
    entries: tuple[tuple[Entry, float], ...]


def decide(scores: Scores) -> str:
    """The answer that stands out from the phone loop and from every other entry, or an empty text."""
    if not scores.entries:
        return ""
    best, height = max(scores.entries, key=lambda pair: pair[1])
    if not best.answer or height - scores.phones < _ABOVE_PHONES:
        return ""
    rivals = (pair for pair in scores.entries if pair[0] is not best)
    return best.answer if all(height - score >= _needed(best, rival) for rival, score in rivals) else ""


def _needed(best: Entry, rival: Entry) -> float:
    if best.ways == rival.ways:
        return 0.0
    if best.letter:
        return _AHEAD if rival.letter else _LETTER_AHEAD
    return _LETTER_BEHIND if rival.letter else _AHEAD


def speech_in(samples: sound.Samples) -> NDArray[np.int16]:
    """From just before the first loud frame to just after the last; empty for silence and for even noise."""
    values = np.frombuffer(samples.data, dtype="<i2")
    loudness = sound.loudness(samples)
    if len(loudness) < 2 * _SHORTEST or sound.silent(samples):
        return values[:0]
    high, low = float(np.sort(loudness)[-_SHORTEST]), float(np.percentile(loudness, 10))
    if high - low < 6:
        return values[:0]
    loud = np.flatnonzero(loudness > max(low + 6, high - 25))
    return values[max(0, int(loud[0]) - 6) * _FRAME : (int(loud[-1]) + 7) * _FRAME]


class Recogniser:
    """The acoustic model, one sound at a time; made again when it has learnt too many words."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._decoder: Decoder | None = None
        self._learnt: set[str] = set()

    def entry(self, answer: str, *, decoy: bool = False) -> Entry | None:
        """How an answer is said, or `None` when it cannot be; single letters are said by name as far as they have one here."""
        spoken = words(answer)
        letter = len(spoken) == 1 and spoken[0] in "abcdefgh"
        with self._lock:
            ways = tuple(sounds(word, self._dictionary, letter=letter) for word in spoken)
        if not ways or len(ways) > 8 or not all(ways):
            return None
        return Entry("" if decoy else answer, ways, letter)

    def scores(self, speech: NDArray[np.int16], entries: tuple[Entry, ...], *, until: float) -> Scores:
        """Fit every entry to the sound. Raises `Unreachable` when it is not done at `until` (seconds of the monotonic clock)."""
        with self._lock:
            decoder = self._ready()
            phones, active = self._fit(decoder, "phones", speech)
            if active < _SHORTEST:
                return Scores(phones=0.0, entries=())
            fitted: list[tuple[Entry, float]] = []
            for entry in entries:
                if time.monotonic() > until:
                    raise Unreachable("the recogniser is too slow")
                fitted.append((entry, self._entry_fit(decoder, entry, speech) / active))
        return Scores(phones=phones / active, entries=tuple(fitted))

    def _entry_fit(self, decoder: Decoder, entry: Entry, speech: NDArray[np.int16]) -> float:
        said = " [_pause] ".join(f"( {' | '.join(self._learn(decoder, way) for way in ways)} )" for ways in entry.ways)
        decoder.add_jsgf_string("answer", f"#JSGF V1.0; grammar answers; public <answer> = {said} ;")
        try:
            return self._fit(decoder, "answer", speech)[0]
        finally:
            decoder.activate_search("phones")
            decoder.remove_search("answer")

    @staticmethod
    def _fit(decoder: Decoder, search: str, speech: NDArray[np.int16]) -> tuple[float, int]:
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(speech.tobytes(), full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return -math.inf, 0
        parts = [(part.word, part.end_frame - part.start_frame + 1, part.ascore) for part in decoder.seg()]
        active = sum(length for word, length, _ in parts if word not in ("SIL", "+SPN+", "+NSN+"))
        return sum(math.log(max(score, 1e-9)) for _, _, score in parts) * 1e4, active

    def _dictionary(self, word: str) -> tuple[str, ...]:
        decoder = self._ready()
        if not word.isascii() or "_" in word:
            return ()
        names = (word, f"{word}(2)", f"{word}(3)")
        return tuple(said for name in names if (said := decoder.lookup_word(name)))

    def _learn(self, decoder: Decoder, way: str) -> str:
        name = "_" + way.replace(" ", "_")
        if name not in self._learnt:
            decoder.add_word(name, way, True)
            self._learnt.add(name)
        return name

    def _ready(self) -> Decoder:
        if self._decoder is None or len(self._learnt) > _VOCABULARY:
            self._decoder = _decoder()
            self._learnt = set()
        return self._decoder


def _decoder() -> Decoder:
    model = pocketsphinx.get_model_path("en-us")
    lists = {"hmm": f"{model}/en-us", "dict": f"{model}/cmudict-en-us.dict", "lm": None}
    decoder = cast(Decoder, pocketsphinx.Decoder(**lists, bestpath=False, fsgusefiller=False, loglevel="FATAL"))
    decoder.add_allphone_file("phones", None)
    decoder.add_word("_pause", "SIL", True)
    return decoder
