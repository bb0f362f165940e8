"""Notes made into MP3: once each, one at a time, and no more than there is room for."""

import asyncio

import pytest

from bots.web.transcode import MP3, Transcoder
from core.errors import Malformed, Throttled
from core.media import Audio


class Maker:
    """Takes its time over every note, and keeps what it made."""

    def __init__(self) -> None:
        self.made: list[bytes] = []
        self.at_once = 0
        self.gate = asyncio.Event()

    async def convert(self, audio: Audio, mime: str) -> Audio:
        assert mime == MP3
        self.at_once += 1
        assert self.at_once == 1
        await self.gate.wait()
        self.at_once -= 1
        if audio.data == b"blob:broken":
            raise Malformed("no sound")
        self.made.append(audio.data)
        return Audio(data=audio.data + b" as MP3", mime=mime)


async def load(ref: str) -> tuple[bytes, str]:
    return ref.encode(), "audio/ogg"


async def test_a_note_that_is_asked_for_in_many_ranges_is_made_once() -> None:
    maker = Maker()
    played = Transcoder(maker.convert)
    maker.gate.set()
    asked = await asyncio.gather(*(played.mp3("blob:a", load) for _ in range(8)))
    assert set(asked) == {(b"blob:a as MP3", MP3)}
    assert await played.mp3("blob:a", load) == asked[0]
    assert maker.made == [b"blob:a"]


async def test_more_than_may_wait_are_sent_away_and_may_come_again() -> None:
    maker = Maker()
    played = Transcoder(maker.convert, waiting=2)
    asking = [asyncio.create_task(played.mp3(f"blob:{number}", load)) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Throttled):
        await played.mp3("blob:3", load)
    maker.gate.set()
    await asyncio.gather(*asking)
    await played.mp3("blob:3", load)
    assert len(maker.made) == 4


async def test_only_so_much_is_kept_and_what_was_asked_for_lately_the_longest() -> None:
    maker = Maker()
    maker.gate.set()
    played = Transcoder(maker.convert, room=2 * len(b"blob:a as MP3"))
    for name in "abacab":
        await played.mp3(f"blob:{name}", load)
    assert maker.made == [b"blob:a", b"blob:b", b"blob:c", b"blob:b"]


async def test_what_cannot_be_made_keeps_nobody_waiting() -> None:
    maker = Maker()
    maker.gate.set()
    played = Transcoder(maker.convert, waiting=0)
    for _ in range(2):
        with pytest.raises(Malformed):
            await played.mp3("blob:broken", load)
    assert (await played.mp3("blob:a", load))[1] == MP3
