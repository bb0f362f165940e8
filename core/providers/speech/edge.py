"""Edge's neural voices over the network, through edge-tts."""

import asyncio
import re
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import edge_tts
import edge_tts.communicate
import edge_tts.voices
from edge_tts.constants import TRUSTED_CLIENT_TOKEN, VOICE_LIST, WSS_URL
from edge_tts.exceptions import EdgeTTSException

from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.voice import SpeechStyle, VoiceInfo
from core.providers.audio import codec
from core.providers.speech.split import parts

_LONGEST = 6_000
_PART = 1_500
_SAMPLES = 24_000
_VOICE = re.compile(r"[a-z]{2,3}-[A-Z][A-Za-z]+(-[a-z]+)?-\w+Neural")
_BROKEN = (aiohttp.ClientError, EdgeTTSException, OSError, ValueError, KeyError, TypeError)

# Toki Pona has no voice of its own. Swahili's five vowels, w, and unhardened s and l are the same sounds; only j is written y there.
_BORROWED = {"tok": ("sw-KE-ZuriNeural", str.maketrans("jJ", "yY"))}

_VOICES = {
    "en": "en-US-EmmaMultilingualNeural", "en-gb": "en-GB-SoniaNeural", "en-au": "en-AU-NatashaNeural", "en-in": "en-IN-NeerjaNeural",
    "vi": "vi-VN-HoaiMyNeural", "es": "es-ES-ElviraNeural", "es-mx": "es-MX-DaliaNeural", "es-ar": "es-AR-ElenaNeural",
    "es-419": "es-MX-DaliaNeural", "es-us": "es-US-PalomaNeural", "zh": "zh-CN-XiaoxiaoNeural", "cmn": "zh-CN-XiaoxiaoNeural",
    "zh-tw": "zh-TW-HsiaoChenNeural", "zh-hant": "zh-TW-HsiaoChenNeural", "zh-hk": "zh-HK-HiuMaanNeural", "yue": "zh-HK-HiuMaanNeural",
    "ja": "ja-JP-NanamiNeural", "ko": "ko-KR-SunHiNeural", "fr": "fr-FR-DeniseNeural", "fr-ca": "fr-CA-SylvieNeural",
    "de": "de-DE-KatjaNeural", "de-at": "de-AT-IngridNeural", "it": "it-IT-ElsaNeural", "pt": "pt-BR-FranciscaNeural",
    "pt-pt": "pt-PT-RaquelNeural", "ru": "ru-RU-SvetlanaNeural", "uk": "uk-UA-PolinaNeural", "pl": "pl-PL-ZofiaNeural",
    "cs": "cs-CZ-VlastaNeural", "nl": "nl-NL-ColetteNeural", "sv": "sv-SE-SofieNeural", "da": "da-DK-ChristelNeural",
    "nb": "nb-NO-PernilleNeural", "no": "nb-NO-PernilleNeural", "fi": "fi-FI-NooraNeural", "el": "el-GR-AthinaNeural",
    "tr": "tr-TR-EmelNeural", "ar": "ar-EG-SalmaNeural", "he": "he-IL-HilaNeural", "fa": "fa-IR-DilaraNeural",
    "hi": "hi-IN-SwaraNeural", "bn": "bn-IN-TanishaaNeural", "ta": "ta-IN-PallaviNeural", "th": "th-TH-PremwadeeNeural",
    "id": "id-ID-GadisNeural", "ms": "ms-MY-YasminNeural", "fil": "fil-PH-BlessicaNeural", "sw": "sw-KE-ZuriNeural",
    "ro": "ro-RO-AlinaNeural", "hu": "hu-HU-NoemiNeural", "bg": "bg-BG-KalinaNeural", "ca": "ca-ES-JoanaNeural",
}  # fmt: skip


class EdgeSpeech:
    """Says it with the voices of Edge's read-aloud.

    `url` replaces the service's address: `ws://` or `http://`, with or without the path `/edge/v1`; `/voices/list` is asked
    beside it. `patience` is how many seconds a whole text may take.
    The service is not offered to servers by contract and turns some of them away; every such answer is `Unreachable`.
    """

    def __init__(self, *, url: str = "", patience: float = 6.0) -> None:
        self._speaking, self._listing = addresses(url)
        self._patience = patience

    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        voice, words = choose(text.encode("utf-8", "replace").decode(), manner)
        if not words.strip():
            raise Refused("nothing to say")
        if len(words) > _LONGEST:
            raise Refused(f"{len(words)} characters are too many to say, at most {_LONGEST}")
        try:
            async with asyncio.timeout(self._patience):
                data = await self._all(parts(words, _PART), voice, manner)
        except TimeoutError:
            raise Unreachable(f"edge did not speak within {self._patience} seconds") from None
        return await codec.note(codec.PcmSamples(data=data, rate=_SAMPLES))

    async def voices(self) -> tuple[VoiceInfo, ...]:
        edge_tts.voices.VOICE_LIST = self._listing  # pyright: ignore[reportPrivateImportUsage] - the package's only way
        try:
            async with asyncio.timeout(self._patience):
                listed = await edge_tts.list_voices()
            return tuple(
                VoiceInfo(name=v["ShortName"], language=v["Locale"], gender=v["Gender"].lower()) for v in listed
            )
        except (TimeoutError, *_BROKEN) as error:
            raise Unreachable(f"edge does not list its voices: {error}") from error

    async def _all(self, texts: tuple[str, ...], voice: str, manner: SpeechStyle) -> bytes:
        try:
            async with asyncio.TaskGroup() as group:
                spoken = [group.create_task(self._part(words, voice, manner)) for words in texts]
        except ExceptionGroup as failed:
            raise Unreachable(f"edge: {failed.exceptions[0]}") from failed
        return b"".join(task.result().data for task in spoken)

    async def _part(self, words: str, voice: str, manner: SpeechStyle) -> codec.PcmSamples:
        rate, volume = (f"{max(-90, min(percent, 100)):+d}%" for percent in (manner.rate, manner.volume))
        speech = edge_tts.Communicate(words, voice, rate=rate, volume=volume)
        # The package reads its address from a module when it connects and takes no other. Nothing is awaited between this line
        # and the reading, so that two instances never speak to each other's address.
        edge_tts.communicate.WSS_URL = self._speaking  # pyright: ignore[reportPrivateImportUsage] - the package's only way
        pieces: list[bytes] = []
        try:
            async for chunk in speech.stream():
                pieces.append(chunk.get("data", b""))
        except _BROKEN as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        if speech.state["chunk_audio_bytes"]:
            raise Unreachable("the connection ended in the middle of a sentence")
        return await codec.samples(b"".join(pieces), rate=_SAMPLES)


def choose(text: str, manner: SpeechStyle) -> tuple[str, str]:
    """The voice for a manner and the text as that voice should read it. Raises `Refused` where there is none."""
    tag = manner.language.lower().replace("_", "-")
    language = tag.partition("-")[0]
    if manner.voice:
        if not _VOICE.fullmatch(manner.voice):
            raise Refused(f"edge has no voice {manner.voice!r}")
        return manner.voice, text
    if language in _BORROWED:
        voice, spelling = _BORROWED[language]
        return voice, text.translate(spelling)
    voice = _VOICES.get(tag) or _VOICES.get("-".join(tag.split("-")[:2])) or _VOICES.get(language)
    if voice is None:
        raise Refused(f"no edge voice is known for {manner.language!r}")
    return voice, text


def addresses(url: str) -> tuple[str, str]:
    """Where to speak (WebSocket) and where voices are listed (HTTP), each ending in a query that the package appends to."""
    if not url:
        return WSS_URL, VOICE_LIST
    given = urlsplit(url)
    secure = "s" if given.scheme in ("https", "wss") else ""
    base = given.path.rstrip("/").removesuffix("/edge/v1")
    query = given.query or f"TrustedClientToken={TRUSTED_CLIENT_TOKEN}"
    listing = given.query or f"trustedclienttoken={TRUSTED_CLIENT_TOKEN}"
    return (
        urlunsplit((f"ws{secure}", given.netloc, f"{base}/edge/v1", query, "")),
        urlunsplit((f"http{secure}", given.netloc, f"{base}/voices/list", listing, "")),
    )
