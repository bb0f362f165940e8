"""eSpeak NG in this process: a plain voice for over a hundred languages that needs no network."""

import asyncio
import ctypes
import re
import threading
from dataclasses import dataclass
from functools import cache

import espeakng_loader

from core.errors import Refused, Unreachable
from core.media import Audio
from core.ports.voice import SpeechStyle, VoiceInfo
from core.providers.audio import codec

_LONGEST = 6_000
_WORDS_A_MINUTE = 165
_LOUDNESS = 100
_SYNCHRONOUS, _UTF8, _PHONEMES = 2, 0x01, 0x100
_RATE, _VOLUME = 1, 2
_GENDERS = {1: "male", 2: "female"}
_ENGINE = threading.Lock()

# Tags for which the voice is called something else, or which stand for a bundle of languages.
_CALLED = {
    "en": "en-us", "en-us": "en-us", "en-gb": "en-gb", "en-au": "en-gb", "zh": "cmn", "zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue", "zh-hans": "cmn",
    "zh-hant": "cmn", "fr": "fr-fr", "pt-pt": "pt", "pt": "pt-br", "no": "nb", "nn": "nb", "fil": "id", "tl": "id", "sr-latn": "hr",
    "es-mx": "es-419", "es-ar": "es-419", "es-us": "es-419", "es-co": "es-419", "iw": "he", "in": "id",
}  # fmt: skip

# eSpeak has no Toki Pona. Its letters are the sounds of the same phoneme names in the Esperanto voice, which has them all; spelling out
# the phonemes keeps j, w and the stress on the first syllable right, where every living language bends one of them.
_TOKI_PONA = re.compile(r"[AEIOUJKLMNPSTWaeioujklmnpstw]+")
_VOWEL = re.compile(r"[aeiou]")

_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class EspeakSpeech:
    """Says it with eSpeak NG. The engine is one for the whole process, so that texts are spoken one after the other, each in a few ms."""

    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        if not text.strip():
            raise Refused("nothing to say")
        if len(text) > _LONGEST:
            raise Refused(f"{len(text)} characters are too many to say, at most {_LONGEST}")
        return await codec.note(await asyncio.to_thread(synthesise, text, manner))

    async def voices(self) -> tuple[VoiceInfo, ...]:
        listed = await asyncio.to_thread(_listed)
        return tuple(VoiceInfo(name=voice.name, language=voice.name, gender=voice.gender) for voice in listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    name: str
    gender: str


def synthesise(text: str, manner: SpeechStyle) -> codec.PcmSamples:
    """Speak into memory; blocks for about a thousandth of the sound's length. `Manner.voice` may be any eSpeak voice (`en-us+f3`).

    Raises `Refused` for a language or voice it does not have, `Unreachable` when the library does not load.
    """
    voice, words, flags = choose(text, manner)
    pieces: list[bytes] = []

    def heard(wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:  # pyright: ignore[reportPrivateUsage] - the only name of the type
        if wave and count > 0:
            pieces.append(ctypes.string_at(wave, count * 2))
        return 0

    callback = _Heard(heard)
    with _ENGINE:
        library, rate = _library()
        if library.espeak_SetVoiceByName(voice.encode()):
            raise Refused(f"espeak has no voice {voice!r}")
        library.espeak_SetParameter(_RATE, max(80, min(450, _WORDS_A_MINUTE * (100 + manner.rate) // 100)), 0)
        library.espeak_SetParameter(_VOLUME, max(0, min(200, _LOUDNESS * (100 + manner.volume) // 100)), 0)
        library.espeak_SetSynthCallback(callback)
        encoded = words.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        failed = library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded)), 0, 1, 0, flags, None, None)
    if failed:
        raise Unreachable(f"espeak failed with {failed}")
    if not pieces:
        raise Refused("nothing to say")
    return codec.PcmSamples(data=b"".join(pieces), rate=rate)


def choose(text: str, manner: SpeechStyle) -> tuple[str, str, int]:
    """The engine's voice, the text as it should get it, and its flags. Raises `Refused` for a language it does not have."""
    tag = manner.language.lower().replace("_", "-")
    if tag.partition("-")[0] == "tok":
        return manner.voice or "eo", spelled(text), _UTF8 | _PHONEMES
    if manner.voice:
        return manner.voice, text, _UTF8
    known = _names()
    pieces = tag.split("-")
    for length in range(len(pieces), 0, -1):
        shorter = "-".join(pieces[:length])
        name = _CALLED.get(shorter, shorter)
        if name in known:
            return name, text, _UTF8
    raise Refused(f"espeak has no voice for {manner.language!r}")


def spelled(text: str) -> str:
    """Toki Pona words as eSpeak phonemes, stressed on the first syllable; everything else stays."""

    def phonemes(word: re.Match[str]) -> str:
        return f"[[{_VOWEL.sub(lambda vowel: chr(39) + vowel[0], word[0].lower(), count=1)}]]"

    return _TOKI_PONA.sub(phonemes, text.replace("[", "("))


def _names() -> frozenset[str]:
    return frozenset(voice.name for voice in _listed())


@cache
def _listed() -> tuple[_Listed, ...]:
    with _ENGINE:
        library, _ = _library()
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        found = library.espeak_ListVoices(None)
        made: list[_Listed] = []
        while found[len(made)]:
            voice = found[len(made)].contents
            # The list of languages is a byte of priority, then the tag.
            tag = ctypes.string_at(voice.languages + 1).decode()
            made.append(_Listed(name=tag, gender=_GENDERS.get(voice.gender, "")))
    return tuple(made)


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 1 << 15)
    except (OSError, RuntimeError) as error:
        raise Unreachable(f"espeak does not load: {error}") from error
    if rate <= 0:
        raise Unreachable("espeak does not start")
    return library, rate
