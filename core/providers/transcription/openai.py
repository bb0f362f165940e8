"""Ears behind an OpenAI-compatible transcription endpoint."""

import openai
from openai import AsyncOpenAI, omit

from core.errors import Refused, Throttled, Unreachable
from core.media import Audio
from core.ports.voice import Heard
from core.providers.audio import codec

_HINT = 800


class OpenAIHearing:
    """Has it written down at `<base_url>/audio/transcriptions`. `base_url` ends in `/v1`, empty means OpenAI's own.

    The sound is sent as 16 kHz WAV whatever it came as, and silence is not sent at all: such models write words into silence.
    """

    def __init__(self, *, key: str, model: str, base_url: str = "", patience: float = 30.0) -> None:
        self._client = AsyncOpenAI(api_key=key or "none", base_url=base_url or None, timeout=patience, max_retries=1)
        self._model = model

    async def hear(self, audio: Audio, *, language: str, expected: tuple[str, ...] = ()) -> Heard:
        samples = await codec.samples(audio.data)
        if codec.silent(samples):
            return Heard(text="", language=language)
        wave = codec.encode(samples, "audio/wav")
        code = language.partition("-")[0].lower()
        try:
            written = await self._client.audio.transcriptions.create(
                file=("voice.wav", wave.data, "audio/wav"),
                model=self._model,
                language=code if len(code) == 2 else omit,
                prompt=", ".join(expected)[:_HINT] or omit,
                response_format="json",
            )
        except openai.OpenAIError as error:
            raise _mapped(error) from error
        return Heard(text=written.text.strip(), language=language)

    async def close(self) -> None:
        await self._client.close()


def _mapped(error: openai.OpenAIError) -> Refused | Unreachable:
    match error:
        case openai.RateLimitError():
            after = error.response.headers.get("retry-after", "")
            return Throttled("transcription is throttled", retry_after=float(after) if after.isdecimal() else 5.0)
        case openai.APIStatusError(status_code=status) if status < 500 and status != 408:
            return Refused(f"transcription was refused: {status}")
        case _:
            return Unreachable(f"transcription did not answer: {type(error).__name__}")
