"""Queueing a source to be read in the background."""

from core.clock import Clock
from core.ports.knowledge import KnowledgeSource, Library
from core.ports.messaging import Wake


class SourceAdder:
    """Stores a source and schedules its ingestion; the sweep schedules it again if that is lost."""

    def __init__(self, *, library: Library, wake: Wake, clock: Clock) -> None:
        self._library = library
        self._wake = wake
        self._clock = clock

    async def __call__(self, uri: str, title: str, mime: str, *, owner: str, notify: str) -> str:
        source = KnowledgeSource(id=self._clock.id(), uri=uri, title=title, mime=mime, owner=owner, notify=notify)
        known = await self._library.add(source)
        self._wake.reading((known,))
        return known
