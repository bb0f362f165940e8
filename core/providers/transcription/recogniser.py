"""PocketSphinx made to say how well each of a few answers fits a sound, next to any phones at all."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from core.errors import Unreachable
from core.providers.speech.pronunciation import is_letter, sounds, words

_MOST_WORDS = 8
_VOCABULARY = 4_000
_SHORTEST = 8
_SURE = 25
_NO_SPEECH = frozenset({"SIL", "+SPN+", "+NSN+", "_pause", "<sil>", "(NULL)", "[NOISE]", "[SPEECH]"})


@dataclass(frozen=True, slots=True)
class PhraseEntry:
    """Something that may have been said, each of its words in every way. `answer` is the expected answer, empty for a decoy."""

    answer: str
    ways: tuple[tuple[str, ...], ...]
    letter: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """How far an entry is above the loop of any phones (nearly always below, so negative), over all the sound and in its worst word.

    Both are differences of logarithms per frame of 10 ms; a word shorter than a quarter of a second counts as one that long.
    """

    entry: PhraseEntry
    whole: float
    worst: float


class HeardSpan(Protocol):
    """A phone or word as it was found: its frames, the last included, and how well it fits."""

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
    def seg(self) -> Iterable[HeardSpan]: ...


@dataclass(frozen=True, slots=True)
class _Path:
    """The best way through a sound: a logarithm for each frame, and where its words are."""

    frames: NDArray[np.float64]
    spans: tuple[slice, ...]

    @property
    def spoken(self) -> int:
        return sum(span.stop - span.start for span in self.spans)


class Recogniser:
    """The acoustic model, one sound at a time; made again when it has learnt too many words."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._decoder: Decoder | None = None
        self._learnt: set[str] = set()

    def entry(self, answer: str, *, decoy: bool = False) -> PhraseEntry | None:
        """How an answer is said, or `None` when it cannot be; a single letter is said by its name."""
        said = words(answer)
        letter = is_letter(said)
        with self._lock:
            ways = tuple(sounds(word, self._dictionary, letter=letter) for word in said)
        if not ways or len(ways) > _MOST_WORDS or not all(ways):
            return None
        return PhraseEntry("" if decoy else answer, ways, letter)

    def fits(
        self, speech: NDArray[np.int16], entries: tuple[PhraseEntry, ...], *, until: float
    ) -> tuple[int, tuple[Fit, ...]]:
        """The frames of speech in 16 kHz samples, and how well every entry fits them; nothing when there is next to no speech.

        Raises `Unreachable` when it is not done at `until` (seconds of the monotonic clock).
        """
        with self._lock:
            decoder = self._ready()
            phones = _path(decoder, "phones", speech)
            if phones is None or phones.spoken < _SHORTEST:
                return 0, ()
            found: list[Fit] = []
            for entry in entries:
                if time.monotonic() > until:
                    raise Unreachable("the recogniser is too slow")
                if path := self._said(decoder, entry, speech):
                    found.append(_compared(entry, path, phones))
        return phones.spoken, tuple(found)

    def _said(self, decoder: Decoder, entry: PhraseEntry, speech: NDArray[np.int16]) -> _Path | None:
        said = " [_pause] ".join(f"( {' | '.join(self._learn(decoder, way) for way in ways)} )" for ways in entry.ways)
        decoder.add_jsgf_string("answer", f"#JSGF V1.0; grammar answers; public <answer> = {said} ;")
        try:
            return _path(decoder, "answer", speech)
        finally:
            decoder.activate_search("phones")
            decoder.remove_search("answer")

    def _dictionary(self, word: str) -> tuple[str, ...]:
        if not word.isascii() or "_" in word:
            return ()
        decoder = self._ready()
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


def _compared(entry: PhraseEntry, path: _Path, phones: _Path) -> Fit:
    length = min(len(path.frames), len(phones.frames))
    below = path.frames[:length] - phones.frames[:length]
    worst = min((float(below[span].sum()) / max(_SURE, span.stop - span.start) for span in path.spans), default=-np.inf)
    return Fit(entry, float(below.sum()) / phones.spoken, worst)


def _path(decoder: Decoder, search: str, speech: NDArray[np.int16]) -> _Path | None:
    decoder.activate_search(search)
    decoder.start_utt()
    decoder.process_raw(speech.tobytes(), full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return None
    parts = [(part.word, slice(part.start_frame, part.end_frame + 1), part.ascore) for part in decoder.seg()]
    frames = np.zeros(max(span.stop for _, span, _ in parts))
    for word, span, score in parts:
        if word != "(NULL)":
            frames[span] += np.log(max(score, 1e-9)) * 1e4 / (span.stop - span.start)
    return _Path(frames, tuple(span for word, span, _ in parts if word not in _NO_SPEECH))


def _decoder() -> Decoder:
    model = pocketsphinx.get_model_path("en-us")
    files = {"hmm": f"{model}/en-us", "dict": f"{model}/cmudict-en-us.dict", "lm": None}
    decoder = cast(Decoder, pocketsphinx.Decoder(**files, bestpath=False, fsgusefiller=False, loglevel="FATAL"))
    decoder.add_allphone_file("phones", None)
    decoder.add_word("_pause", "SIL", True)
    return decoder
