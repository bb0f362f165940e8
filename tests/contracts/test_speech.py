"""What every voice is held to."""

from collections.abc import AsyncIterator

import pytest

from core.errors import Refused
from core.ports.voice import Speech, SpeechStyle
from core.providers.audio import codec
from core.providers.speech.edge import EdgeSpeech
from core.providers.speech.espeak import EspeakSpeech, synthesise
from core.providers.speech.fallback import FallbackSpeech
from tests.fakes import edge
from tests.fakes.clock import ManualClock
from tests.fakes.edge import FakeEdge
from tests.fakes.speech import Tally


@pytest.fixture(params=["edge", "espeak", "in order"])
async def speech(request: pytest.FixtureRequest) -> AsyncIterator[Speech]:
    mp3 = codec.encode(synthesise("good morning", SpeechStyle()), "audio/mpeg").data
    async with edge.running(FakeEdge(mp3=mp3)) as fake:
        voices: dict[str, Speech] = {"edge": EdgeSpeech(url=fake.url), "espeak": EspeakSpeech()}
        yield voices.get(request.param) or FallbackSpeech(voices, clock=ManualClock(), count=Tally())


@pytest.mark.parametrize(
    ("text", "language"), [("hello", "en"), ("xin chào", "vi"), ("hola", "es"), ("toki", "tok"), ("hi", "en-IE")]
)
async def test_words_become_an_opus_note_with_length_and_waveform(speech: Speech, text: str, language: str) -> None:
    audio = await speech.speak(text, SpeechStyle(language=language, rate=10, volume=-5))
    assert (audio.mime, audio.data[:4]) == ("audio/ogg", b"OggS")
    assert codec.decode(audio.data).seconds == pytest.approx(audio.seconds, abs=0.1)
    assert 0 < len(audio.waveform) <= 256


@pytest.mark.parametrize(
    ("text", "manner"), [("", SpeechStyle()), (" \n", SpeechStyle()), ("hello", SpeechStyle(language="tlh"))]
)
async def test_what_cannot_be_said_is_refused(speech: Speech, text: str, manner: SpeechStyle) -> None:
    with pytest.raises(Refused):
        await speech.speak(text, manner)


@pytest.mark.parametrize(
    "text", ["<speak>&amp; \"quotes\" 'and' </prosody>", "\0\x01\x0b tab\t", "🙂 ok", "a\ud800b", "[[x]] {y} \\ %"]
)
async def test_any_text_is_said_as_words_and_breaks_nothing(speech: Speech, text: str) -> None:
    assert (await speech.speak(text, SpeechStyle(language="en"))).seconds > 0


async def test_voices_have_names_and_languages(speech: Speech) -> None:
    listed = await speech.voices()
    assert listed
    assert all(voice.name and voice.language for voice in listed)
