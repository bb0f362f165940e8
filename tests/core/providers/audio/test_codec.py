import io
import itertools
import wave

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Malformed, Refused
from core.media import Audio
from core.providers.audio import codec
from core.providers.audio.codec import AudioLimits, PcmSamples
from tests.fakes.speech import tone


@pytest.mark.parametrize("mime", ["audio/ogg", "audio/webm", "audio/mpeg", "audio/wav"])
def test_what_was_encoded_is_decoded_with_its_length(mime: str) -> None:
    made = codec.encode(tone(1.5), mime)
    assert made.mime == mime
    assert codec.decode(made.data).seconds == pytest.approx(1.5, abs=0.06)


def test_a_recording_of_an_iphone_in_mp4_is_read() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=16_000)
        frame.planes[0].update(tone(1).data)
        frame.sample_rate = 16_000
        container.mux(itertools.chain(stream.encode(frame), stream.encode(None)))  # type: ignore[arg-type] - takes any iterable of packets
    assert out.getvalue()[4:8] == b"ftyp"
    assert codec.decode(out.getvalue()).seconds == pytest.approx(1, abs=0.1)


def test_a_note_is_what_telegram_and_discord_want() -> None:
    made = codec.encode(tone(2))
    with av.open(io.BytesIO(made.data)) as container:
        stream = container.streams.audio[0]
        assert (container.format.name, stream.codec_context.name, stream.rate, stream.layout.nb_channels) == (
            "ogg",
            "opus",
            48_000,
            1,
        )
        assert stream.codec_context.extradata
    assert made.seconds == 2.0
    assert 0 < len(made.waveform) <= 256
    assert 16_000 <= len(made.data) * 8 / made.seconds <= 48_000


def test_the_same_words_make_the_same_bytes() -> None:
    assert codec.encode(tone(1)).data == codec.encode(tone(1)).data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"OggS" + b"\0" * 100,
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\x1a\x45\xdf\xa3" + b"\xff" * 500,
        b"\0\0\0\x18ftypisom" + b"\0" * 200,
        b"ID3\x04\0\0\0\0\0\0",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ogg\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
def test_what_is_no_sound_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        codec.decode(data)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_damaged_file_is_read_or_malformed_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(
        codec.encode(tone(0.3), data.draw(st.sampled_from(["audio/ogg", "audio/webm", "audio/mpeg", "audio/wav"]))).data
    )
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=20)):
        whole[place] ^= data.draw(st.integers(1, 255))
    try:
        read = codec.decode(bytes(whole[: data.draw(st.integers(1, len(whole)))]), limits=AudioLimits(seconds=60))
    except Malformed:
        return
    assert read.data


def test_sound_without_end_is_malformed() -> None:
    with pytest.raises(Malformed, match="longer than 2 seconds"):
        codec.decode(codec.encode(tone(3)).data, limits=AudioLimits(seconds=2))


def test_a_file_that_is_too_large_is_not_even_opened() -> None:
    with pytest.raises(Malformed, match="bytes"):
        codec.decode(b"OggS" * 100, limits=AudioLimits(size=100))


def test_a_file_that_takes_too_long_to_read_is_given_up() -> None:
    ticks = itertools.count(step=3)
    with pytest.raises(Malformed, match="too long to read"):
        codec.decode(codec.encode(tone(2)).data, clock=lambda: float(next(ticks)))


def test_a_wave_file_that_promises_more_than_it_holds_gives_what_it_holds() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(tone(1).data)
    promising = out.getvalue()[:40] + (2**31 - 1).to_bytes(4, "little") + out.getvalue()[44:]
    assert codec.decode(promising).seconds == pytest.approx(1, abs=0.01)


@given(st.binary(max_size=4000).map(lambda data: data[: len(data) // 2 * 2]))
def test_a_waveform_has_at_most_256_peaks_and_its_loudest_is_255(data: bytes) -> None:
    peaks = codec.waveform(PcmSamples(data=data, rate=100))
    assert len(peaks) <= 256
    assert not any(data) or max(peaks) == 255


def test_silence_has_a_flat_waveform_and_is_silent() -> None:
    silence = PcmSamples(data=bytes(32_000), rate=16_000)
    assert set(codec.waveform(silence)) == {0}
    assert codec.silent(silence)


def test_a_short_word_in_a_long_silence_is_not_silent() -> None:
    assert not codec.silent(PcmSamples(data=bytes(16_000 * 2 * 20) + tone(0.3).data, rate=16_000))


async def test_old_safari_gets_mp3_and_the_same_form_is_left_alone() -> None:
    made = await codec.note(tone(1))
    assert await codec.convert(made, "audio/ogg") is made
    mp3 = await codec.convert(made, "audio/mpeg")
    assert mp3.mime == "audio/mpeg"
    assert mp3.seconds == pytest.approx(1, abs=0.05)
    with pytest.raises(Refused):
        await codec.convert(Audio(data=made.data, mime="audio/ogg"), "audio/midi")
