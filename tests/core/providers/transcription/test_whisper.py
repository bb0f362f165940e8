import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import Refused, Unreachable
from core.providers.audio import codec
from core.providers.transcription.whisper import Segment, WhisperHearing, load
from tests.fakes.speech import clip


@dataclass
class Line:
    text: str
    no_speech_prob: float = 0.0
    avg_logprob: float = -0.2


class ScriptedModel:
    def __init__(self, *lines: Line, failing: bool = False) -> None:
        self.lines = lines
        self.failing = failing
        self.options: dict[str, Any] = {}

    def transcribe(self, audio: NDArray[np.float32], **options: Any) -> tuple[Iterable[Segment], object]:
        assert audio.dtype == np.float32
        assert float(np.abs(audio).max()) <= 1
        self.options = options
        if self.failing:
            raise RuntimeError("out of memory")
        return iter(self.lines), None


async def test_segments_are_joined_and_words_invented_into_noise_are_left_out() -> None:
    model = ScriptedModel(
        Line(" toki "), Line("Thanks for watching!", no_speech_prob=0.9, avg_logprob=-1.4), Line("pona")
    )
    heard = await WhisperHearing(model).hear(clip("toki pona", "tok"), language="tok", expected=("toki pona",))
    assert heard.text == "toki pona"
    assert (model.options["language"], model.options["initial_prompt"]) == (None, "toki pona")


async def test_silence_never_reaches_the_model() -> None:
    model = ScriptedModel(Line("Thank you."))
    heard = await WhisperHearing(model).hear(
        codec.encode(codec.PcmSamples(data=bytes(32_000), rate=16_000)), language="en"
    )
    assert heard.text == ""
    assert model.options == {}


async def test_a_model_that_breaks_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="out of memory"):
        await WhisperHearing(ScriptedModel(failing=True)).hear(clip("hello", "en"), language="en")


class SlowModel(ScriptedModel):
    """Writes a word down each time it is let to; `began` counts the notes."""

    def __init__(self) -> None:
        super().__init__(Line("toki"), Line("pona"))
        self.began = 0
        self.go_on = threading.Semaphore(0)

    def transcribe(self, audio: NDArray[np.float32], **options: Any) -> tuple[Iterable[Segment], object]:
        self.began += 1
        return self._written(), None

    def _written(self) -> Iterable[Segment]:
        for line in self.lines:
            self.go_on.acquire()
            yield line


async def test_notes_that_wait_for_the_model_keep_no_thread_from_anybody_else() -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    model = SlowModel()
    hearing = WhisperHearing(model)
    note = clip("toki pona", "tok")
    async with asyncio.TaskGroup() as group:
        notes = [group.create_task(hearing.hear(note, language="tok")) for _ in range(8)]
        async with asyncio.timeout(10):
            for _ in range(8):
                assert (await codec.note(note.data)).seconds > 0
        model.go_on.release(16)
    assert [heard.result().text for heard in notes] == ["toki pona"] * 8
    await hearing.close()


async def test_a_note_that_is_given_up_ends_with_its_next_segment() -> None:
    model = SlowModel()
    hearing = WhisperHearing(model, patience=0.5)
    note = clip("toki pona", "tok")
    with pytest.raises(Unreachable, match="did not finish"):
        await hearing.hear(note, language="tok")
    model.go_on.release(1 + len(model.lines))
    assert (await hearing.hear(note, language="tok")).text == "toki pona"
    await hearing.close()


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"model\.bin"):
        load(str(tmp_path))


def test_a_model_that_cannot_be_loaded_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(Refused, match=r"faster-whisper|does not load"):
        load(str(tmp_path))
