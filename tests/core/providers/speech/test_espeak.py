import asyncio

import pytest

from core.errors import Refused
from core.media import Audio
from core.ports.voice import SpeechStyle
from core.providers.audio import codec
from core.providers.speech.espeak import EspeakSpeech, choose, spelled, synthesise


def is_a_note(audio: Audio) -> bool:
    heard = codec.decode(audio.data)
    return audio.mime == "audio/ogg" and abs(heard.seconds - audio.seconds) < 0.1 and not codec.silent(heard)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello", "en"),
        ("xin chào", "vi-VN"),
        ("hola", "es-MX"),
        ("你好", "zh-CN"),
        ("こんにちは", "ja"),
        ("jan pona", "tok"),
        ("سلام", "ar"),
    ],
)
async def test_it_speaks_the_languages_we_teach_and_teach_in(text: str, language: str) -> None:
    assert is_a_note(await EspeakSpeech().speak(text, SpeechStyle(language=language)))


@pytest.mark.parametrize("manner", [SpeechStyle(language="tlh"), SpeechStyle(voice="nobody")])
async def test_what_it_has_no_voice_for_is_refused(manner: SpeechStyle) -> None:
    with pytest.raises(Refused):
        await EspeakSpeech().speak("hello", manner)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 7_000])
async def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        await EspeakSpeech().speak(text, SpeechStyle())


def test_rate_and_volume_are_heard() -> None:
    usual, fast, quiet = (
        synthesise("good morning everybody", manner)
        for manner in (SpeechStyle(), SpeechStyle(rate=60), SpeechStyle(volume=-60))
    )
    assert fast.seconds < usual.seconds * 0.8
    assert codec.loudness(quiet).max() < codec.loudness(usual).max() - 3


def test_toki_pona_is_spelled_in_phonemes_stressed_at_the_beginning() -> None:
    assert spelled("soweli li wawa!") == "[[s'oweli]] [[l'i]] [[w'awa]]!"


def test_words_in_brackets_are_no_phonemes() -> None:
    assert choose("[[x]]", SpeechStyle(language="en"))[1:] == ("[[x]]", 1)
    assert "[[x]]" not in spelled("[[x]]")


async def test_many_at_once_are_spoken_one_after_the_other_and_never_mixed() -> None:
    voice = EspeakSpeech()
    alone = [
        await voice.speak(text, SpeechStyle(language="en"))
        for text in ("one", "a hundred times two", "and now there are three")
    ]
    together = await asyncio.gather(
        *(
            voice.speak(text, SpeechStyle(language="en"))
            for text in ("one", "a hundred times two", "and now there are three") * 3
        )
    )
    assert [audio.seconds for audio in together] == pytest.approx([audio.seconds for audio in alone] * 3, abs=0.02)


async def test_it_lists_over_a_hundred_voices() -> None:
    listed = {voice.name for voice in await EspeakSpeech().voices()}
    assert len(listed) > 100
    assert {"en-us", "vi", "es", "cmn"} <= listed
