"""From a source to passages that can be found: take, fetch, read, embed, store, and tell whoever asked."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from core.address import Address
from core.clock import Clock
from core.errors import Failure, Refused, Throttled
from core.event import Event, Ready, Sender
from core.phrases import phrase
from core.ports.blobs import Blobs
from core.ports.documents import DocumentReader, Fetched, Fetcher, Unreadable
from core.ports.knowledge import (
    Embedder,
    IndexableDocument,
    KnowledgeSource,
    Library,
    Passage,
    SourceState,
    SourceStatus,
)
from core.ports.messaging import Inbox, Wake
from core.rag.chunk import searched

_log = logging.getLogger(__name__)
LoadSource = Callable[[KnowledgeSource], Awaitable[Fetched]]
SourceLocale = Callable[[KnowledgeSource], Awaitable[str]]
SourceExists = Callable[[str], Awaitable[bool]]
"""Whether a source, by its id, is on the shelf still: who put it there may have been forgotten."""


async def _always(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestLimits:
    """`lease` is longer than fetching and reading may take together; `attempts` bounds how often a source is begun; `batch` passages are embedded at once.

    `pause` is what is waited before the second attempt, and three times as long before each that follows.
    """

    lease: timedelta = timedelta(minutes=5)
    attempts: int = 5
    batch: int = 32
    pause: timedelta = timedelta(seconds=5)

    def again(self, failure: Failure, attempt: int) -> timedelta | None:
        """How long to wait before trying once more; `None` when it is over: nothing to hope for, or nobody would wait that long."""
        if not failure.retryable or attempt >= self.attempts:
            return None
        wait = (self.pause * 3 ** (attempt - 1)).total_seconds()
        if isinstance(failure, Throttled):
            wait = max(wait, failure.retry_after)
        return timedelta(seconds=wait) if wait <= self.lease.total_seconds() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """Reads one source at a time, given its id.

    `loaders` are asked for sources of other schemes than `https`, `http` and `blob`; `locale` gives the language
    of whoever asked. Of a source that is gone from the shelf nobody is told. A worker that dies in the middle loses nothing: the lease ends and the source is read again,
    and the event that tells of it has the same id.
    """

    library: Library
    fetcher: Fetcher
    blobs: Blobs
    reader: DocumentReader
    embedder: Embedder
    inbox: Inbox
    wake: Wake
    clock: Clock
    locale: SourceLocale
    loaders: Mapping[str, LoadSource] = field(default_factory=dict[str, LoadSource])
    terms: IngestLimits = field(default_factory=IngestLimits)
    stands: SourceExists = _always

    async def __call__(self, source_id: str) -> None:
        """Read a source if it waits. Raises a retryable `Failure` when the sweep shall ring again later."""
        source = await self.library.take(source_id, self.terms.lease)
        if source is not None and source.attempt > self.terms.attempts:
            await self._failed(source, phrase("ingest.broken", await self.locale(source)))
        elif source is not None:
            await self._read(source)

    async def _read(self, source: KnowledgeSource) -> None:
        away = "ingest.unreachable"
        try:
            document = await self._document(source)
            away = "ingest.away"
            vectors = await self._vectors(source, document.passages)
            await self.library.store(source.id, document, vectors, self.embedder.name)
        except Failure as failure:
            await self._unread(source, failure, away)
        else:
            await self._ready(source, document)

    async def _unread(self, source: KnowledgeSource, failure: Failure, away: str) -> None:
        """Put it off, and raise the failure, or give it up. `away` is the key of what is said of those who do not answer."""
        reason = await self._reason(source, failure, away)
        pause = self.terms.again(failure, source.attempt)
        if pause is None:
            await self._failed(source, reason)
            return
        await self._note(source, "waiting", error=reason, pause=pause)
        raise failure

    async def _document(self, source: KnowledgeSource) -> IndexableDocument:
        await self._note(source, "reading")
        found = await self._fetched(source)
        name = found.title or source.title
        document = await self.reader.read(found.data, mime=found.mime or source.mime, name=name, link=found.url)
        return replace(document, uri=source.uri, owner=source.owner)

    async def _fetched(self, source: KnowledgeSource) -> Fetched:
        match source.uri.partition(":")[0].lower():
            case "http" | "https":
                return await self.fetcher.fetch(source.uri)
            case "blob":
                return await self._kept(source)
            case scheme if scheme in self.loaders:
                return await self.loaders[scheme](source)
            case _:
                raise Unreadable("ingest.address")

    async def _kept(self, source: KnowledgeSource) -> Fetched:
        """What lies among the blobs; behind `#`, a uri may say where on a machine it came from."""
        try:
            data, mime = await self.blobs.get(source.uri.partition("#")[0])
        except Refused as error:
            raise Unreadable("ingest.not_found") from error
        return Fetched(data=data, mime=source.mime or mime, title=source.title)

    async def _vectors(self, source: KnowledgeSource, passages: tuple[Passage, ...]) -> NDArray[np.float32]:
        """A row for each passage, progress noted after every batch; how long a row is, an embedder may know only then."""
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(passages), self.terms.batch):
            await self._note(source, "embedding", done=start, total=len(passages))
            batch = passages[start : start + self.terms.batch]
            rows.append(await self.embedder.embed([searched(passage) for passage in batch]))
        return np.concatenate(rows) if rows else np.zeros((0, self.embedder.dimensions), np.float32)

    async def _ready(self, source: KnowledgeSource, document: IndexableDocument) -> None:
        count = len(document.passages)
        text = phrase("ingest.ready", await self.locale(source), title=document.title, count=count)
        await self._tell(source, Ready(what="ingest", text=text, of=source.id))
        await self._note(replace(source, title=document.title), "ready", done=count, total=count)

    async def _failed(self, source: KnowledgeSource, reason: str) -> None:
        text = phrase("ingest.failed", await self.locale(source), title=source.title or source.uri, reason=reason)
        await self._tell(source, Ready(what="ingest", text=text, failed=True, of=source.id))
        await self._note(source, "failed", error=reason)

    async def _reason(self, source: KnowledgeSource, failure: Failure, away: str) -> str:
        locale = await self.locale(source)
        if isinstance(failure, Unreadable):
            return phrase(failure.reason, locale, **failure.values)
        if failure.retryable:
            return phrase(away, locale)
        _log.error("source %s cannot be taken in: %s", source.id, type(failure).__name__)
        return phrase("ingest.unprepared", locale)

    async def _tell(self, source: KnowledgeSource, body: Ready) -> None:
        """Put the outcome into the letterbox of whoever asked; the same edition is told of once."""
        if not source.notify or not await self.stands(source.id):
            return
        address = Address.parse(source.notify)
        event = Event(
            id=f"ready:{source.id}:{source.edition}",
            address=address,
            sender=Sender(id=source.owner or "sona"),
            at=self.clock.now(),
            body=body,
        )
        if await self.inbox.accept(event):
            self.wake.turn([address])

    async def _note(
        self,
        source: KnowledgeSource,
        state: SourceState,
        *,
        done: int = 0,
        total: int = 0,
        error: str = "",
        pause: timedelta | None = None,
    ) -> None:
        status = SourceStatus(
            id=source.id, uri=source.uri, title=source.title, state=state, done=done, total=total, error=error
        )
        await self.library.note(status, pause=pause)
