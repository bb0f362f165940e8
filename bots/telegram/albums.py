"""Which albums in groups are for Sona: a part that says so speaks for all of them, whatever comes first."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from bots.telegram.parse import TelegramUpdate
from core.address import Address
from core.event import Event

_REMEMBERED = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Album:
    """Whether it is known to be for Sona, and the parts that came before that was."""

    meant: bool = False
    parts: tuple[Event, ...] = ()


class Albums:
    """Remembers the last albums that came to this process. Telegram sends each part by itself and promises no order."""

    def __init__(self) -> None:
        self._albums: OrderedDict[tuple[Address, str], _Album] = OrderedDict()

    def gathered(self, reading: TelegramUpdate) -> TelegramUpdate:
        """The reading with its events addressed where their album is; parts that were kept as context before come once more, for good."""
        if not reading.album or not reading.events or not reading.events[0].group:
            return reading
        key = (reading.events[0].address, reading.album)
        album = self._albums.get(key, _Album())
        if reading.events[0].addressed:
            self._remember(key, replace(album, meant=True))
            return replace(reading, events=(*map(_meant, album.parts), *reading.events))
        if album.meant:
            return replace(reading, events=tuple(replace(event, addressed=True) for event in reading.events))
        known = {part.id for part in album.parts}
        parts = (*album.parts, *(event for event in reading.events if event.id not in known))
        self._remember(key, replace(album, parts=parts))
        return reading

    def _remember(self, key: tuple[Address, str], album: _Album) -> None:
        self._albums[key] = album
        if len(self._albums) > _REMEMBERED:
            self._albums.popitem(last=False)


def _meant(part: Event) -> Event:
    """The part as an event of its own: what it was kept as stays."""
    return replace(part, id=f"{part.id}:album", addressed=True)
