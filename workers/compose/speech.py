"""Speech recognition and synthesis chosen by the settings; providers are imported only when used."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from core.channel import Channel
from core.conversation import ClaimedTurn
from core.dialogue.draft import TurnDraft
from core.errors import Refused
from core.event import Event, Spoke
from core.features.knowledge.store_file import kept
from core.features.voice.voicing import SpeechDeps, listen, voiced
from core.media import Audio, Media
from core.ports.voice import Hearing, Speech, SpeechStyle
from core.providers.speech.espeak import EspeakSpeech
from core.providers.speech.fallback import FallbackSpeech
from core.providers.transcription.fallback import FallbackHearing
from core.providers.transcription.sphinx import SphinxHearing
from core.reply import Reply
from workers.admin.cli_context import HealthCheck
from workers.compose.stores import Stores

_log = logging.getLogger(__name__)


class TurnSpeech:
    """`core.converse.SpeechLayer`: voice notes are answered with voice, unless the learner's settings differ."""

    def __init__(self, *, hearing: Hearing, deps: SpeechDeps, channels: Mapping[str, Channel]) -> None:
        self._hearing = hearing
        self._deps = deps
        self._channels = channels

    async def hear(self, claimed: ClaimedTurn) -> ClaimedTurn:
        events = tuple([await self._transcribe(event, claimed) for event in claimed.events])
        return replace(claimed, events=events)

    async def speak(self, claimed: ClaimedTurn, draft: TurnDraft) -> tuple[Reply, ...]:
        channel = self._channels.get(claimed.conversation.address.channel)
        if channel is None or not channel.capabilities.voice:
            return draft.replies
        learner = draft.conversation.learner
        spoke = any(isinstance(event.body, Spoke) and event.addressed for event in claimed.events)
        wanted = learner.voice == "always" or (learner.voice == "auto" and spoke)
        return await voiced(draft.replies, self._deps, language=learner.locale, wanted=wanted)

    async def _transcribe(self, event: Event, claimed: ClaimedTurn) -> Event:
        channel = self._channels.get(event.address.channel)
        fetch = channel.fetch if channel else _no_fetch
        conversation = claimed.conversation
        if not event.addressed:
            return event
        return await listen(
            await kept(event, fetch=fetch, blobs=self._deps.blobs),
            self._hearing,
            fetch=fetch,
            language=conversation.learner.locale,
            quiz=conversation.quiz,
        )


def speech(stores: Stores) -> Speech:
    """Return Edge with eSpeak as its fallback, or the one selected by `SONA_SPEECH`."""
    settings = stores.settings
    voices: dict[str, Speech] = {}
    if settings.speech in ("auto", "edge"):
        from core.providers.speech.edge import EdgeSpeech

        voices["edge"] = EdgeSpeech(url=settings.edge_tts_url)
    if settings.speech in ("auto", "espeak"):
        voices["espeak"] = EspeakSpeech()
    return FallbackSpeech(voices, clock=stores.clock, count=stores.count)


def hearing(stores: Stores) -> Hearing:
    """Return the recognisers in order: endpoint, local Whisper, then PocketSphinx, which knows only a question's answers."""
    settings = stores.settings
    recognisers: dict[str, Hearing] = {}
    if settings.transcription_model:
        from core.providers.transcription.openai import OpenAIHearing

        recognisers["openai"] = remote = OpenAIHearing(
            key=settings.openai_api_key, model=settings.transcription_model, base_url=settings.openai_base_url
        )
        stores.owns(remote.close)
    if settings.whisper_model:
        from core.providers.transcription import whisper

        try:
            recognisers["whisper"] = local = whisper.WhisperHearing(whisper.load(settings.whisper_model))
            stores.owns(local.close)
        except Refused as error:
            _log.error("whisper is not available: %s", error)
    recognisers["sphinx"] = SphinxHearing()
    return FallbackHearing(recognisers, clock=stores.clock, count=stores.count)


def probes(stores: Stores) -> tuple[HealthCheck, ...]:
    """Return the checks of speech, which synthesizes one word, and of hearing."""
    settings = stores.settings

    async def speak() -> str:
        audio: Audio = await speech(stores).speak("Sona", SpeechStyle(language="en"))
        return f"{settings.speech}: {audio.seconds:.1f} s of {audio.mime}"

    async def describe_hearing() -> str:
        if settings.transcription_model:
            return f"{settings.transcription_model} at the OpenAI-compatible server"
        if settings.whisper_model:
            from core.providers.transcription import whisper

            whisper.look(settings.whisper_model)
            return f"whisper model at {settings.whisper_model}"
        return "only answers to an open question; set SONA_TRANSCRIPTION_MODEL or SONA_WHISPER_MODEL for more"

    off = "SONA_SPEECH is off" if settings.speech == "off" else ""
    return (
        HealthCheck(name="speech", run=speak, disabled_reason=off),
        HealthCheck(name="hearing", run=describe_hearing),
    )


async def _no_fetch(_: Media) -> bytes:
    return b""
