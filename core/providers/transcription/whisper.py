"""Ears with a whisper model from a folder on this machine, through faster-whisper where it is installed."""

import asyncio
import itertools
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.voice import Heard
from core.providers.audio import codec


class Segment(Protocol):
    text: str
    no_speech_prob: float
    avg_logprob: float


class WhisperModel(Protocol):
    """What is used of `faster_whisper.WhisperModel`."""

    def transcribe(self, audio: NDArray[np.float32], **options: Any) -> tuple[Iterable[Segment], object]: ...


class WhisperHearing:
    """Writes down with `model`, one voice note at a time in a thread of its own, so that those who wait keep nobody else's.

    `patience` is in seconds, after which `Unreachable` is raised.
    """

    def __init__(self, model: WhisperModel, *, patience: float = 60.0) -> None:
        self._model = model
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, "whisper")

    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        samples = await codec.samples(audio.data)
        if codec.silent(samples):
            return Heard(text="", language=language)
        given_up = threading.Event()
        written = asyncio.get_running_loop().run_in_executor(
            self._thread, self._hear, samples, language, expected, given_up
        )
        try:
            async with asyncio.timeout(self._patience):
                return await written
        except TimeoutError:
            raise Unreachable(f"whisper did not finish within {self._patience} seconds") from None
        finally:
            given_up.set()

    async def close(self) -> None:
        """What waits is not begun any more; what is being written down ends with its next segment."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _hear(
        self, samples: codec.PcmSamples, language: str, expected: tuple[str, ...], given_up: threading.Event
    ) -> Heard:
        wave = np.frombuffer(samples.data, dtype="<i2").astype(np.float32) / np.float32(32768)
        code = language.partition("-")[0].lower()
        options = {"language": code if len(code) == 2 else None, "initial_prompt": ", ".join(expected)[:800] or None}
        try:
            segments, _ = self._model.transcribe(wave, vad_filter=True, condition_on_previous_text=False, **options)
            heard = itertools.takewhile(lambda _: not given_up.is_set(), segments)
            kept = [segment.text.strip() for segment in heard if not _invented(segment)]
        except (RuntimeError, ValueError) as error:
            raise Unreachable(f"whisper failed: {error}") from error
        return Heard(text=" ".join(kept).strip(), language=language)


def look(path: str) -> None:
    """Raises `Refused` with what to do when the folder or the package is missing; loads nothing."""
    if not (Path(path) / "model.bin").is_file():
        raise Refused(f"there is no whisper model in {path!r}: it must be a folder with model.bin (CTranslate2 format)")
    if find_spec("faster_whisper") is None:
        raise Refused("a local whisper model needs the package faster-whisper: pip install faster-whisper")


def load(path: str) -> WhisperModel:
    """The model in a folder (`model.bin` and its vocabulary); nothing is downloaded.

    Raises `Refused` as `look` does, and when the model does not load.
    """
    look(path)
    package = import_module("faster_whisper")
    try:
        return cast(WhisperModel, package.WhisperModel(path, device="cpu", compute_type="int8", local_files_only=True))
    except (RuntimeError, ValueError, OSError) as error:
        raise Refused(f"the whisper model in {path!r} does not load: {error}") from error


def _invented(segment: Segment) -> bool:
    """Whisper's own measure of words written into silence: probably no speech, and unsure of the words."""
    return segment.no_speech_prob > 0.6 and segment.avg_logprob < -1.0
