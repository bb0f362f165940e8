"""Heard with eSpeak as the speaker; how people are understood was not measured."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import Malformed, Refused
from core.media import Audio
from core.providers.audio import codec
from core.providers.speech.pronunciation import sounds, words
from core.providers.transcription.recogniser import Fit, PhraseEntry
from core.providers.transcription.sphinx import SphinxHearing, decide
from tests.fakes.speech import clip, tone

CHOICES = ("moku", "telo", "soweli", "pona", "1", "2", "3", "4")


@pytest.fixture(scope="module")
def ears() -> SphinxHearing:
    return SphinxHearing()


def _audio(values: NDArray[np.floating[Any]]) -> Audio:
    return codec.encode(codec.PcmSamples(data=values.astype("<i2").tobytes(), rate=16_000))


async def test_most_choices_are_understood_and_none_is_taken_for_another(ears: SphinxHearing) -> None:
    right = 0
    for four in (("moku", "telo", "soweli", "pona"), ("kasi", "lukin", "suno", "nimi")):
        for word in four:
            heard = await ears.hear(clip(word, "tok"), language="tok", expected=(*four, "1", "2", "3", "4"))
            assert heard.bounded
            assert heard.text in (word, "")
            right += heard.text == word
    assert right >= 3


async def test_a_choice_may_be_named_by_its_number(ears: SphinxHearing) -> None:
    assert (await ears.hear(clip("three", "en"), language="tok", expected=CHOICES)).text == "3"


async def test_an_answer_of_several_words_is_understood(ears: SphinxHearing) -> None:
    heard = await ears.hear(clip("toki pona", "tok"), language="tok", expected=("Toki pona!",))
    assert heard.text == "Toki pona!"


@pytest.mark.parametrize(
    ("said", "language"), [("what is this", "en"), ("goodbye my dear friend", "en"), ("nimi", "tok"), ("B", "en")]
)
async def test_what_is_no_answer_is_not_understood(ears: SphinxHearing, said: str, language: str) -> None:
    assert (await ears.hear(clip(said, language), language="tok", expected=CHOICES)).text == ""


@pytest.mark.parametrize("said", ["telo", "kasi", "mi moku e moku", "sina pona"])
async def test_a_wrong_answer_is_not_taken_for_the_right_one(ears: SphinxHearing, said: str) -> None:
    for right in ("moku", "mi moku e kili"):
        assert (await ears.hear(clip(said, "tok"), language="tok", expected=(right,))).text == ""


@pytest.mark.parametrize("kind", ["silence", "noise", "hum", "clicks", "breath"])
async def test_what_is_no_speech_is_not_understood(ears: SphinxHearing, kind: str) -> None:
    random, n = np.random.default_rng(1), 32_000
    made = {
        "silence": np.zeros(n),
        "noise": random.normal(0, 1_500, n),
        "hum": np.frombuffer(tone(2).data, "<i2").astype(np.float64),
        "clicks": (random.random(n) > 0.999) * 9_000.0,
        "breath": random.normal(0, 3_000, n) * np.hanning(n),
    }
    assert (await ears.hear(_audio(made[kind]), language="tok", expected=CHOICES)).text == ""


async def test_free_speech_is_refused(ears: SphinxHearing) -> None:
    with pytest.raises(Refused, match="without the answers"):
        await ears.hear(clip("hello", "en"), language="en")


async def test_a_broken_recording_is_malformed(ears: SphinxHearing) -> None:
    with pytest.raises(Malformed):
        await ears.hear(Audio(data=b"OggSnonsense", mime="audio/ogg"), language="tok", expected=CHOICES)


async def test_answers_it_cannot_pronounce_are_left_out_and_named() -> None:
    told: list[tuple[str, ...]] = []
    ears = SphinxHearing(left_out=told.append)
    heard = await ears.hear(clip("kama sona", "tok"), language="tok", expected=("kama sona", "水", "a"))
    assert (heard.text, told) == ("kama sona", [("水",)])
    with pytest.raises(Refused, match="pronounced"):
        await ears.hear(clip("soweli", "tok"), language="zh", expected=("水", "火"))


async def test_a_speech_is_too_long_for_an_answer() -> None:
    ears = SphinxHearing(longest=1)
    assert (await ears.hear(clip("mi moku e kili", "tok"), language="tok", expected=("mi moku e kili",))).text == ""


ONE, WON, DECOY = (
    PhraseEntry("one", (("W AH N",),)),
    PhraseEntry("won", (("W AO N",),)),
    PhraseEntry("", (("HH AH L OW",),)),
)


@pytest.mark.parametrize(
    ("fits", "frames", "answer"),
    [
        ((Fit(ONE, 0, 0), Fit(WON, -20, -20)), 30, "one"),
        ((Fit(ONE, 0, 0), Fit(WON, -3, -3)), 30, ""),
        ((Fit(ONE, -9, -9), Fit(WON, -40, -40)), 30, ""),
        ((Fit(ONE, -1, -30), Fit(WON, -40, -40)), 30, ""),
        ((Fit(ONE, 0, 0), Fit(WON, -20, -20)), 300, ""),
        ((Fit(DECOY, 0, 0), Fit(ONE, -20, -20)), 30, ""),
        ((), 0, ""),
    ],
)
def test_only_an_answer_that_stands_out_in_every_way_is_taken(fits: tuple[Fit, ...], frames: int, answer: str) -> None:
    assert decide(frames, fits) == answer


def test_toki_pona_is_pronounced_as_it_is_written() -> None:
    assert sounds("jan", lambda _: ()) == ("Y AA N", "Y AH N")
    assert "T OW K IY" in sounds("toki", lambda _: ())


@pytest.mark.parametrize(
    ("answer", "said"), [("2", ("two",)), ("¿Qué?", ("qué",)), ("a, b", ("a", "b")), ("42", ("42",))]
)
def test_answers_are_taken_apart_into_words(answer: str, said: tuple[str, ...]) -> None:
    assert words(answer) == said


@given(st.text(max_size=12))
@settings(max_examples=50)
def test_any_text_is_pronounced_in_phones_of_the_model_or_not_at_all(text: str) -> None:
    for word in words(text):
        for way in sounds(word, lambda _: ()):
            assert all(phone.isalpha() and phone.isupper() and len(phone) <= 2 for phone in way.split())
