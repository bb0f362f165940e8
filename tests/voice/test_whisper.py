from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import Refused, Unreachable
from core.providers import sound
from core.providers.whisper import Segment, WhisperHearing, load
from tests.fakes.speaking import clip


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
        sound.encode(sound.Samples(data=bytes(32_000), rate=16_000)), language="en"
    )
    assert heard.text == ""
    assert model.options == {}


async def test_a_model_that_breaks_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="out of memory"):
        await WhisperHearing(ScriptedModel(failing=True)).hear(clip("hello", "en"), language="en")


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"model\.bin"):
        load(str(tmp_path))


def test_a_model_that_cannot_be_loaded_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(Refused, match=r"faster-whisper|does not load"):
        load(str(tmp_path))
