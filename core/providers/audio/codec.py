"""Encoded sound to samples and back, in memory and within limits, for media nobody vouches for."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from numpy.typing import NDArray

from core.errors import Malformed, Refused
from core.media import Audio

NOTE = "audio/ogg"
HEARING_RATE = 16_000
_PEAKS = 256
_BROKEN_PACKETS = 25
QUIET = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLimits:
    """How much of a stranger's file is taken: encoded bytes, seconds of sound, and seconds of our work on it."""

    size: int = 25 * 1024 * 1024
    seconds: float = 600.0
    work: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PcmSamples:
    """Mono sound as 16-bit little-endian samples, `rate` of them a second."""

    data: bytes
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.data) / 2 / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    container: str
    codec: str
    rate: int
    options: dict[str, str]


# Telegram and Discord draw a waveform for Opus in Ogg at 48 kHz only. Safari before 18.4 cannot play it, and later ones not
# everywhere; every browser plays MP3. `fflags=bitexact` keeps random stream numbers out, so the same words make the same bytes.
_FORMS = {
    NOTE: _Form(container="ogg", codec="libopus", rate=48_000, options={"application": "voip", "frame_duration": "20"}),
    "audio/webm": _Form(container="webm", codec="libopus", rate=48_000, options={"application": "voip"}),
    "audio/mpeg": _Form(container="mp3", codec="libmp3lame", rate=24_000, options={}),
    "audio/wav": _Form(container="wav", codec="pcm_s16le", rate=HEARING_RATE, options={}),
}
_BITRATE = 32_000

# A container is chosen by its first bytes and never guessed by FFmpeg: its playlist formats open other files and addresses.
_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"OggS", "ogg"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (4, b"ftyp", "mov"),
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"#!AMR", "amr"),
    (0, b"ID3", "mp3"),
)


async def samples(data: bytes, *, rate: int = HEARING_RATE, limits: AudioLimits = AudioLimits()) -> PcmSamples:
    """Decode a voice note in a thread. Raises `Malformed` when it is no sound, broken, too long or too large."""
    return await asyncio.to_thread(decode, data, rate=rate, limits=limits)


async def note(sound: bytes | PcmSamples) -> Audio:
    """OGG/Opus 48 kHz mono at about 32 kb/s, with length and waveform, from encoded sound or from samples."""
    return await asyncio.to_thread(_note, sound)


async def convert(audio: Audio, mime: str) -> Audio:
    """The same sound as `audio/ogg`, `audio/webm`, `audio/mpeg` or `audio/wav`, for players that want another form."""
    if audio.mime.partition(";")[0].strip() == mime:
        return audio
    return await asyncio.to_thread(lambda: encode(decode(audio.data, rate=_form(mime).rate), mime))


def decode(
    data: bytes,
    *,
    rate: int = HEARING_RATE,
    limits: AudioLimits = AudioLimits(),
    clock: Callable[[], float] = time.monotonic,
) -> PcmSamples:
    """Mono samples of an Ogg, WebM, MP4, MP3, AAC, WAV, FLAC or AMR file; a few broken packets are skipped.

    Raises `Malformed`. `clock` counts seconds and is what `limits.work` is measured with.
    """
    if len(data) > limits.size:
        raise Malformed(f"sound of {len(data)} bytes, at most {limits.size} are taken")
    ends = clock() + limits.work
    taken = bytearray()
    try:
        with closing(_opened(data)) as container:
            resampler = AudioResampler(format="s16", layout="mono", rate=rate)
            for piece in _pieces(container, resampler):
                taken += piece
                if len(taken) > limits.seconds * rate * 2:
                    raise Malformed(f"sound longer than {limits.seconds:.0f} seconds")
                if clock() > ends:
                    raise Malformed("sound that takes too long to read")
    except (av.error.FFmpegError, ValueError, OverflowError, MemoryError) as error:
        raise Malformed(f"sound that cannot be read: {error}") from error
    if not taken:
        raise Malformed("a file without sound")
    return PcmSamples(data=bytes(taken), rate=rate)


def encode(sound: PcmSamples, mime: str = NOTE) -> Audio:
    """Encode samples, with the length and the waveform of what is encoded. Raises `Refused` for a form that is not made here."""
    form = _form(mime)
    out = BytesIO()
    with av.open(out, "w", format=form.container, options={"fflags": "bitexact"}) as container:
        _write(container, sound, form)
    return Audio(data=out.getvalue(), mime=mime, seconds=sound.seconds, waveform=waveform(sound))


def waveform(sound: PcmSamples) -> bytes:
    """A peak for each tenth of a second, at most 256 of them, the loudest being 255; silence is all zeros."""
    values = np.abs(np.frombuffer(sound.data, dtype="<i2").astype(np.int32))
    if not values.size:
        return b""
    count = max(1, min(_PEAKS, round(sound.seconds * 10), values.size))
    peaks = np.maximum.reduceat(values, np.linspace(0, values.size, count, endpoint=False).astype(np.int64))
    loudest = int(peaks.max())
    return (peaks * 255 // loudest if loudest else peaks).astype(np.uint8).tobytes()


def silent(sound: PcmSamples) -> bool:
    """Whether there is nothing to hear: less than a tenth of a second above -50 dB of full scale."""
    return int(np.count_nonzero(loudness(sound) > QUIET)) < 10


def loudness(sound: PcmSamples) -> NDArray[np.float64]:
    """The loudness of each 10 ms in dB, where full scale is about 90."""
    frame = sound.rate // 100
    values = np.frombuffer(sound.data, dtype="<i2").astype(np.float64)
    frames = values[: len(values) // frame * frame].reshape(-1, frame)
    return 10 * np.log10((frames**2).mean(axis=1) + 1)


def _note(sound: bytes | PcmSamples) -> Audio:
    return encode(sound if isinstance(sound, PcmSamples) else decode(sound, rate=_FORMS[NOTE].rate))


def _form(mime: str) -> _Form:
    if (form := _FORMS.get(mime)) is None:
        raise Refused(f"sound is not made as {mime}")
    return form


def _container(data: bytes) -> str:
    for offset, beginning, name in _BEGINNINGS:
        if data[offset : offset + len(beginning)] == beginning:
            return name
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "mp3" if data[1] & 0x06 else "aac"
    raise Malformed("a file that is no sound we know")


def _opened(data: bytes) -> InputContainer:
    options = {"probesize": "1000000", "analyzeduration": "2000000"}
    return av.open(BytesIO(data), "r", format=_container(data), options=options)


def _pieces(container: InputContainer, resampler: AudioResampler) -> Iterator[bytes]:
    """Resampled samples packet by packet; an empty piece for a packet without any, so that the caller can look at its clock."""
    if not container.streams.audio:
        return
    broken = 0
    stream: AudioStream = container.streams.audio[0]
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > _BROKEN_PACKETS:
                raise
            frames = []
        yield b"".join(_bytes(made) for frame in frames for made in resampler.resample(frame))
    yield b"".join(_bytes(made) for made in resampler.resample(None))


def _bytes(frame: AudioFrame) -> bytes:
    return frame.to_ndarray().tobytes()


def _write(container: OutputContainer, sound: PcmSamples, form: _Form) -> None:
    stream = container.add_stream(form.codec, rate=form.rate, options=form.options)
    if not isinstance(stream, AudioStream):
        raise Refused(f"{form.codec} does not encode sound")
    stream.layout = "mono"
    if form.codec != "pcm_s16le":
        stream.bit_rate = _BITRATE
    values = np.frombuffer(sound.data, dtype="<i2").reshape(1, -1)
    frame = AudioFrame.from_ndarray(values, format="s16", layout="mono")
    frame.sample_rate = sound.rate
    for packet in stream.encode(frame):
        container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)
