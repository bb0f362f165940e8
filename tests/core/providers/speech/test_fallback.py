from datetime import timedelta

import pytest

from core.errors import Malformed, Refused, Throttled, Unreachable
from core.media import Audio
from core.ports.voice import SpeechStyle
from core.providers.speech.edge import EdgeSpeech
from core.providers.speech.espeak import EspeakSpeech
from core.providers.speech.fallback import FallbackSpeech
from core.providers.transcription.fallback import FallbackHearing
from core.providers.transcription.sphinx import SphinxHearing
from tests.fakes.clock import ManualClock
from tests.fakes.edge import FakeEdge
from tests.fakes.speech import ScriptedEars, ScriptedVoice, Tally

SOUND = Audio(data=b"x", mime="audio/ogg")


async def test_when_edge_turns_us_away_espeak_speaks_and_edge_rests(fake_edge: FakeEdge) -> None:
    clock, tally = ManualClock(), Tally()
    voices = {"edge": EdgeSpeech(url=fake_edge.url), "espeak": EspeakSpeech()}
    chain = FallbackSpeech(voices, clock=clock, count=tally, rest=timedelta(minutes=2))
    fake_edge.mode = "forbidden"
    assert (await chain.speak("hello", SpeechStyle())).seconds > 0
    asked = fake_edge.connections
    await chain.speak("hello again", SpeechStyle())
    assert fake_edge.connections == asked

    fake_edge.mode = "well"
    clock.pass_(121)
    await chain.speak("hello once more", SpeechStyle())
    assert [labels["voice"] for name, labels in tally.counted if name == "speech_spoke"] == ["espeak", "espeak", "edge"]
    assert tally.counted.count(("speech_failed", {"voice": "edge"})) == 1


async def test_a_refusal_gives_the_next_voice_its_turn_but_no_rest() -> None:
    first, second = ScriptedVoice(failure=Refused("no such language")), ScriptedVoice()
    chain = FallbackSpeech({"a": first, "b": second}, clock=ManualClock(), count=Tally())
    await chain.speak("x", SpeechStyle())
    await chain.speak("y", SpeechStyle())
    assert len(first.said) == len(second.said) == 2


async def test_a_voice_by_name_that_nobody_has_falls_back_to_the_usual_one() -> None:
    chain = FallbackSpeech({"espeak": EspeakSpeech()}, clock=ManualClock(), count=Tally())
    assert (await chain.speak("xin chào", SpeechStyle(language="vi", voice="vi-VN-HoaiMyNeural"))).seconds > 0


@pytest.mark.parametrize("voices", [{}, {"a": ScriptedVoice(failure=Unreachable("away"))}])
async def test_when_nobody_can_speak_it_is_refused(voices: dict[str, ScriptedVoice]) -> None:
    with pytest.raises(Refused):
        await FallbackSpeech(voices, clock=ManualClock(), count=Tally()).speak("x", SpeechStyle())


async def test_voices_are_listed_without_those_who_are_away() -> None:
    voices = {"a": ScriptedVoice(failure=Unreachable("away")), "b": ScriptedVoice()}
    assert [voice.name for voice in await FallbackSpeech(voices, clock=ManualClock(), count=Tally()).voices()] == ["a"]


async def test_ears_that_are_away_rest_and_the_next_listen() -> None:
    clock = ManualClock()
    away, near = ScriptedEars(failure=Unreachable("away")), ScriptedEars(text="one")
    ears = FallbackHearing({"far": away, "near": near}, clock=clock, count=Tally(), rest=timedelta(minutes=1))
    for _ in range(2):
        assert (await ears.hear(SOUND, language="en")).text == "one"
    assert len(away.asked) == 1
    clock.pass_(61)
    await ears.hear(SOUND, language="en")
    assert len(away.asked) == 2


async def test_what_good_ears_did_not_understand_is_not_guessed_by_worse_ones() -> None:
    worse = ScriptedEars(text="one")
    ears = FallbackHearing({"good": ScriptedEars(text=""), "worse": worse}, clock=ManualClock(), count=Tally())
    assert (await ears.hear(SOUND, language="en")).text == ""
    assert worse.asked == []


@pytest.mark.parametrize("failure", [Unreachable("away"), Refused("cannot"), Malformed("no sound")])
async def test_the_last_failure_is_told(failure: Unreachable | Refused | Malformed) -> None:
    ears = FallbackHearing({"only": ScriptedEars(failure=failure)}, clock=ManualClock(), count=Tally())
    with pytest.raises(type(failure)):
        await ears.hear(SOUND, language="en")


async def test_while_good_ears_are_away_it_is_not_said_that_there_are_none() -> None:
    away = ScriptedEars(failure=Throttled("busy", retry_after=5))
    ears = FallbackHearing({"far": away, "sphinx": SphinxHearing()}, clock=ManualClock(), count=Tally())
    for _ in range(2):
        with pytest.raises(Unreachable):
            await ears.hear(SOUND, language="en")
    assert len(away.asked) == 1


async def test_ears_that_refuse_leave_it_to_those_that_may_hear_it_later() -> None:
    refusing, away = ScriptedEars(failure=Refused("no")), ScriptedEars(failure=Unreachable("away"))
    for chain in ({"a": refusing, "b": away}, {"a": away, "b": refusing}):
        with pytest.raises(Unreachable):
            await FallbackHearing(chain, clock=ManualClock(), count=Tally()).hear(SOUND, language="en")


async def test_without_any_ears_hearing_is_refused() -> None:
    with pytest.raises(Refused):
        await FallbackHearing({}, clock=ManualClock(), count=Tally()).hear(SOUND, language="en")
