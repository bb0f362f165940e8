"""What all ears are held to."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import Malformed
from core.media import Audio
from core.ports.voice import Hearing
from core.providers.audio import codec
from core.providers.transcription.fallback import FallbackHearing
from core.providers.transcription.openai import OpenAIHearing
from core.providers.transcription.sphinx import SphinxHearing
from core.providers.transcription.whisper import Segment, WhisperHearing
from tests.fakes import openai_audio
from tests.fakes.clock import ManualClock
from tests.fakes.openai_audio import FakeTranscription
from tests.fakes.speech import Tally, clip

ANSWER = "toki pona"
EXPECTED = (ANSWER, "jan lili")


@dataclass
class Line:
    text: str = ANSWER
    no_speech_prob: float = 0.0
    avg_logprob: float = 0.0


class OneWord:
    def transcribe(self, audio: NDArray[np.float32], **options: Any) -> tuple[Iterable[Segment], object]:
        return [Line()], None


@pytest.fixture(params=["endpoint", "whisper", "sphinx", "in order"])
async def hearing(request: pytest.FixtureRequest) -> AsyncIterator[Hearing]:
    async with openai_audio.running(FakeTranscription(text=ANSWER)) as fake:
        endpoint = OpenAIHearing(key=fake.key, model=fake.model, base_url=fake.url)
        ears: dict[str, Hearing] = {
            "endpoint": endpoint,
            "whisper": WhisperHearing(OneWord()),
            "sphinx": SphinxHearing(),
        }
        yield ears.get(request.param) or FallbackHearing(ears, clock=ManualClock(), count=Tally())
        await endpoint.close()


@pytest.mark.parametrize("mime", ["audio/ogg", "audio/webm", "audio/mpeg", "audio/wav"])
async def test_an_expected_answer_is_heard_in_every_form(hearing: Hearing, mime: str) -> None:
    heard = await hearing.hear(clip(ANSWER, "tok", mime=mime), language="tok", expected=EXPECTED)
    assert heard.text == ANSWER
    assert heard.bounded == isinstance(hearing, SphinxHearing)


async def test_silence_is_nothing(hearing: Hearing) -> None:
    silence = codec.encode(codec.PcmSamples(data=bytes(64_000), rate=16_000))
    assert (await hearing.hear(silence, language="tok", expected=EXPECTED)).text == ""


@pytest.mark.parametrize("data", [b"", b"hello", b"OggS" + bytes(100)])
async def test_what_is_no_sound_is_malformed(hearing: Hearing, data: bytes) -> None:
    with pytest.raises(Malformed):
        await hearing.hear(Audio(data=data, mime="audio/ogg"), language="tok", expected=EXPECTED)
