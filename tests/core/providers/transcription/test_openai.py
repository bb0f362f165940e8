from collections.abc import AsyncIterator

import pytest

from core.errors import Failure, Refused, Throttled, Unreachable
from core.media import Audio
from core.providers.audio import codec
from core.providers.transcription.openai import OpenAIHearing
from tests.fakes.openai_audio import FakeTranscription, Mode
from tests.fakes.speech import clip


@pytest.fixture
async def ears(transcription: FakeTranscription) -> AsyncIterator[OpenAIHearing]:
    ears = OpenAIHearing(key=transcription.key, model=transcription.model, base_url=transcription.url)
    yield ears
    await ears.close()


@pytest.mark.parametrize("mime", ["audio/ogg", "audio/webm", "audio/mpeg"])
async def test_a_voice_note_of_any_kind_is_written_down(ears: OpenAIHearing, mime: str) -> None:
    heard = await ears.hear(clip("hello there", "en", mime=mime), language="en-GB")
    assert (heard.text, heard.bounded) == ("hello there", False)


async def test_the_answers_are_a_hint_and_only_known_languages_are_named(
    ears: OpenAIHearing, transcription: FakeTranscription
) -> None:
    await ears.hear(clip("moku", "tok"), language="tok", expected=("moku", "telo"))
    assert transcription.requests == [
        {"file": "", "model": "whisper-1", "prompt": "moku, telo", "response_format": "json"}
    ]


async def test_silence_is_nothing_and_is_not_sent(ears: OpenAIHearing, transcription: FakeTranscription) -> None:
    silence = codec.encode(codec.PcmSamples(data=bytes(64_000), rate=16_000))
    assert (await ears.hear(silence, language="en")).text == ""
    assert transcription.requests == []


@pytest.mark.parametrize(
    ("mode", "failure"), [("throttled", Throttled), ("broken", Unreachable), ("drops", Unreachable)]
)
async def test_a_service_in_trouble_is_unreachable(
    ears: OpenAIHearing, transcription: FakeTranscription, mode: Mode, failure: type[Failure]
) -> None:
    transcription.mode = mode
    with pytest.raises(failure):
        await ears.hear(clip("hello", "en"), language="en")


async def test_a_wrong_key_or_model_is_refused(transcription: FakeTranscription) -> None:
    for key, model in (("wrong", "whisper-1"), ("sk-test", "nothing")):
        ears = OpenAIHearing(key=key, model=model, base_url=transcription.url)
        with pytest.raises(Refused):
            await ears.hear(clip("hello", "en"), language="en")
        await ears.close()


async def test_how_long_to_wait_is_kept(ears: OpenAIHearing, transcription: FakeTranscription) -> None:
    transcription.mode = "throttled"
    with pytest.raises(Throttled) as caught:
        await ears.hear(Audio(data=clip("hello", "en").data, mime="audio/ogg"), language="en")
    assert caught.value.retry_after == 7
