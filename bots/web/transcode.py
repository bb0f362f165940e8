"""Voice notes as MP3, which every browser plays, made when a page asks for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from core.errors import Throttled
from core.media import Audio

MP3: Final = "audio/mpeg"

TranscodeAudio = Callable[[Audio, str], Awaitable[Audio]]
"""The same sound in another form, made off the loop and within limits; raises `Malformed` where it is no sound."""
LoadBlob = Callable[[str], Awaitable[tuple[bytes, str]]]
"""A blob and its MIME type by its key."""


class Transcoder:
    """Makes one note at a time while at most `waiting` others wait.

    The last made are kept, up to `room` bytes together: a player asks for the same note in many ranges.
    """

    def __init__(self, convert: TranscodeAudio, *, waiting: int = 16, room: int = 16 * 1024 * 1024) -> None:
        self._convert = convert
        self._most = waiting + 1
        self._room = room
        self._turn = asyncio.Lock()
        self._asking = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def mp3(self, ref: str, load: LoadBlob) -> tuple[bytes, str]:
        """The note behind a key, and its MIME type. Raises `Throttled` when too many wait, and what loading and converting raise."""
        if ref in self._kept:
            self._kept.move_to_end(ref)
            return self._kept[ref], MP3
        if self._asking >= self._most:
            raise Throttled("many notes wait to be made", retry_after=1)
        self._asking += 1
        try:
            async with self._turn:
                return self._kept.get(ref) or await self._make(ref, load), MP3
        finally:
            self._asking -= 1

    async def _make(self, ref: str, load: LoadBlob) -> bytes:
        data, mime = await load(ref)
        made = (await self._convert(Audio(data=data, mime=mime), MP3)).data
        self._kept[ref] = made
        while sum(map(len, self._kept.values())) > self._room:
            self._kept.popitem(last=False)
        return made
