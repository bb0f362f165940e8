"""The services of voice, running."""

from collections.abc import AsyncIterator

import pytest

from core.ports.voice import SpeechStyle
from core.providers.audio import codec
from core.providers.speech.espeak import synthesise
from tests.fakes import edge, openai_audio
from tests.fakes.edge import FakeEdge
from tests.fakes.openai_audio import FakeTranscription


@pytest.fixture(scope="session")
def mp3() -> bytes:
    return codec.encode(synthesise("good morning", SpeechStyle()), "audio/mpeg").data


@pytest.fixture
async def fake_edge(mp3: bytes) -> AsyncIterator[FakeEdge]:
    async with edge.running(FakeEdge(mp3=mp3)) as running:
        yield running


@pytest.fixture
async def transcription() -> AsyncIterator[FakeTranscription]:
    async with openai_audio.running(FakeTranscription()) as running:
        yield running
