import pytest

from core.errors import Refused, Unreachable
from core.ports.voice import SpeechStyle
from core.providers.speech.edge import EdgeSpeech, addresses, choose
from core.providers.speech.split import parts
from tests.core.providers.speech.test_espeak import is_a_note
from tests.fakes.edge import FakeEdge, Mode


async def test_edge_says_it_with_the_voice_of_the_language(fake_edge: FakeEdge) -> None:
    audio = await EdgeSpeech(url=fake_edge.url).speak(
        "Chào <bạn> & mọi người", SpeechStyle(language="vi", rate=-20, volume=10)
    )
    assert is_a_note(audio)
    assert fake_edge.said == [("vi-VN-HoaiMyNeural", "-20%", "+10%", "Chào <bạn> & mọi người")]


async def test_toki_pona_borrows_a_voice_and_its_spelling(fake_edge: FakeEdge) -> None:
    await EdgeSpeech(url=fake_edge.url).speak("jan pona", SpeechStyle(language="tok"))
    assert fake_edge.said[0][::3] == ("sw-KE-ZuriNeural", "yan pona")


async def test_a_long_text_is_said_in_parts_in_their_order(fake_edge: FakeEdge) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(120))
    audio = await EdgeSpeech(url=fake_edge.url).speak(text, SpeechStyle())
    one = await EdgeSpeech(url=fake_edge.url).speak("one", SpeechStyle())
    pieces = fake_edge.said[:-1]
    assert len(pieces) == len(parts(text, 1_500)) > 1
    assert {piece[3] for piece in pieces} == set(parts(text, 1_500))
    assert audio.seconds == pytest.approx(one.seconds * len(pieces), rel=0.05)


@pytest.mark.parametrize("mode", ["forbidden", "silent", "drops", "mute"])
async def test_every_way_of_not_answering_is_unreachable(fake_edge: FakeEdge, mode: Mode) -> None:
    fake_edge.mode = mode
    with pytest.raises(Unreachable):
        await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle())


async def test_a_service_that_stalls_is_left_after_a_time(fake_edge: FakeEdge) -> None:
    fake_edge.mode = "stalls"
    with pytest.raises(Unreachable, match="within"):
        await EdgeSpeech(url=fake_edge.url, patience=0.2).speak("hello", SpeechStyle())


async def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await EdgeSpeech(url="ws://127.0.0.1:9/edge/v1").speak("hello", SpeechStyle())


async def test_a_clock_that_is_wrong_is_set_by_the_service_and_it_is_asked_again(fake_edge: FakeEdge) -> None:
    fake_edge.mode = "skewed"
    assert is_a_note(await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle()))
    assert fake_edge.connections == 2


async def test_a_voice_the_service_does_not_have_is_unreachable_and_a_name_of_another_kind_refused(
    fake_edge: FakeEdge,
) -> None:
    with pytest.raises(Unreachable):
        await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle(voice="en-US-NobodyNeural"))
    assert "no such voice" in fake_edge.complaints[0]
    with pytest.raises(Refused):
        await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle(voice="en-us+f3"))


@pytest.mark.parametrize(("text", "language"), [("hello", "tlh"), ("  ", "en"), ("a" * 7_000, "en")])
async def test_what_cannot_be_said_is_refused_before_anyone_is_asked(
    fake_edge: FakeEdge, text: str, language: str
) -> None:
    with pytest.raises(Refused):
        await EdgeSpeech(url=fake_edge.url).speak(text, SpeechStyle(language=language))
    assert fake_edge.connections == 0


async def test_two_addresses_in_one_process_do_not_mix(fake_edge: FakeEdge) -> None:
    with pytest.raises(Unreachable):
        await EdgeSpeech(url="ws://127.0.0.1:9/edge/v1").speak("hello", SpeechStyle())
    assert is_a_note(await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle()))


async def test_rates_beyond_reason_are_brought_back(fake_edge: FakeEdge) -> None:
    await EdgeSpeech(url=fake_edge.url).speak("hello", SpeechStyle(rate=900, volume=-900))
    assert fake_edge.said[0][1:3] == ("+100%", "-90%")


async def test_edge_lists_its_voices(fake_edge: FakeEdge) -> None:
    listed = await EdgeSpeech(url=fake_edge.url).voices()
    assert ("vi-VN-HoaiMyNeural", "vi-VN", "female") in [(voice.name, voice.language, voice.gender) for voice in listed]
    fake_edge.mode = "forbidden"
    with pytest.raises(Unreachable):
        await EdgeSpeech(url=fake_edge.url).voices()


@pytest.mark.parametrize("url", ["http://h:1", "ws://h:1/", "http://h:1/edge/v1"])
def test_an_address_may_be_given_in_several_ways(url: str) -> None:
    speaking, listing = addresses(url)
    assert speaking.startswith("ws://h:1/edge/v1?TrustedClientToken=")
    assert listing.startswith("http://h:1/voices/list?trustedclienttoken=")


def test_without_an_address_it_is_the_service_itself_over_tls() -> None:
    assert [address.partition(":")[0] for address in addresses("")] == ["wss", "https"]


@pytest.mark.parametrize(
    ("language", "voice"),
    [("zh-Hant-TW", "zh-TW-HsiaoChenNeural"), ("es-CO", "es-ES-ElviraNeural"), ("EN_gb", "en-GB-SoniaNeural")],
)
def test_an_unknown_region_has_the_nearest_voice(language: str, voice: str) -> None:
    assert choose("x", SpeechStyle(language=language))[0] == voice
