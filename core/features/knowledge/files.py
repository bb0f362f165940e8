"""Files that people send: queued as sources, announced when they are read, and the words sent with them answered then."""

from dataclasses import dataclass, replace

from core.channel import LiveUpdates
from core.conversation import Conversation, Message
from core.dialogue.draft import Answerer, TurnDraft
from core.dialogue.intent import Incoming
from core.dialogue.slot import Slot
from core.event import Event, Ready, Said, Shared
from core.phrases import phrase
from core.ports.knowledge import AddSource
from core.reply import Text

_MOST_FILES = 20
"""Files that a conversation waits for at a time; an older one is announced like any other source."""
_MOST_WORDS = 4000
"""Characters kept of the words sent with a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    """A file that is being read. `source` is its source's id, `album` names the files it was sent with.

    `words` were sent with it and are answered once it is read. `read` means that another file of the album was read
    already, `failures` say why others were not. With an empty `source` it records what was announced of the album.
    """

    source: str
    album: str = ""
    words: str = ""
    read: bool = False
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFiles:
    """The files that are being read, oldest first, and the album received last."""

    album: str = ""
    files: tuple[PendingFile, ...] = ()


FILES = Slot("knowledge", PendingFiles)


class FileAnswerer:
    """Answers `Shared`, and the `Ready` of a file that was read; `talker` answers the words sent with a file.

    An album is acknowledged once when it arrives, and announced once when its last file is read, with those that
    could not be read; if a file is read before the next one arrives, nothing is said twice.
    """

    def __init__(self, *, reader: AddSource, talker: Answerer) -> None:
        self._reader = reader
        self._talker = talker

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        event = incoming.event
        match event.body:
            case Shared():
                return await self._shared(event.body, draft)
            case Ready(what="ingest"):
                return await self._ready(event, event.body, draft, live)
            case _:
                return None

    async def _shared(self, shared: Shared, draft: TurnDraft) -> TurnDraft:
        before = FILES.read(draft.conversation)
        more = bool(shared.album) and shared.album == before.album
        locale = draft.conversation.learner.locale
        title = shared.media.name or shared.media.mime
        draft = _keep(draft, replace(before, album=shared.album))
        if not shared.media.ref:
            return draft.with_replies(Text(text=phrase("reading.unfetched", locale, title=title)))
        draft = await self._queue(shared, title, draft)
        if more:
            return draft
        key = "reading.album" if shared.album else "reading.file"
        return draft.with_replies(Text(text=phrase(key, locale, title=title)))

    async def _queue(self, shared: Shared, title: str, draft: TurnDraft) -> TurnDraft:
        here, media = draft.conversation, shared.media
        source = await self._reader(media.ref, title, media.mime, owner=here.learner.id, notify=str(here.address))
        pending = FILES.read(here)
        others = tuple(
            other for other in pending.files if other.source != source and (other.source or other.album == shared.album)
        )
        file = PendingFile(source=source, album=shared.album, words=shared.text.strip()[:_MOST_WORDS])
        return _keep(draft, replace(pending, files=(*others, file)[-_MOST_FILES:]))

    async def _ready(self, event: Event, ready: Ready, draft: TurnDraft, live: LiveUpdates) -> TurnDraft:
        pending = FILES.read(draft.conversation)
        file = next((one for one in pending.files if one.source == ready.of), None) or PendingFile(source=ready.of)
        failures = (*file.failures, ready.text) if ready.failed else file.failures
        file = replace(file, read=file.read or not ready.failed, failures=failures)
        others = tuple(one for one in pending.files if one.source != ready.of)
        if any(_same_album(one, file) and one.source for one in others):
            return _keep(draft, replace(pending, files=_passed_on(file, others)))
        announced = next((one for one in others if _same_album(one, file)), PendingFile(source=""))
        draft = _keep(draft, replace(pending, files=_remaining(file, announced, others, pending.album)))
        text = _announcement(file, announced, ready.text, draft.conversation)
        if text:
            draft = draft.with_replies(Text(text=text))
        return await self._answer_words(event, file, draft, text, live) if file.read and file.words else draft

    async def _answer_words(
        self, event: Event, file: PendingFile, draft: TurnDraft, announced: str, live: LiveUpdates
    ) -> TurnDraft:
        """Answer the words sent with the file as if they were said now."""
        here = draft.conversation
        lines = (
            Message(role="sona", text=announced, at=event.at),
            Message(role="person", text=file.words, at=event.at),
        )
        asking = draft.with_conversation(replace(here, history=here.history + lines))
        return (
            await self._talker.answer(Incoming(event=replace(event, body=Said(text=file.words))), asking, live) or draft
        )


def _keep(draft: TurnDraft, pending: PendingFiles) -> TurnDraft:
    return draft.with_conversation(FILES.write(draft.conversation, pending))


def _same_album(one: PendingFile, file: PendingFile) -> bool:
    return bool(file.album) and one.album == file.album


def _announcement(file: PendingFile, announced: PendingFile, text: str, here: Conversation) -> str:
    """How reading a file ended, or an album, without what was announced already."""
    locale = here.learner.locale
    failures = tuple(dict.fromkeys(failure for failure in file.failures if failure not in announced.failures))
    parts: list[str] = []
    if len(failures) == 1:
        parts.append(phrase("reading.failed", locale, text=failures[0]))
    elif failures:
        parts.append(phrase("reading.unread", locale, text="\n".join(f"- {failure}" for failure in failures)))
    if file.read and not file.album:
        parts.append(phrase("reading.ready", locale, text=text))
    elif file.read and not announced.read:
        parts.append(phrase("reading.rest" if failures else "reading.all", locale))
    return "\n\n".join(parts)


def _passed_on(file: PendingFile, others: tuple[PendingFile, ...]) -> tuple[PendingFile, ...]:
    """The other files, where the next one of the album takes over this one's words and outcome."""
    place = next(place for place, one in enumerate(others) if _same_album(one, file) and one.source)
    heir = replace(
        others[place],
        words="\n".join(filter(None, (file.words, others[place].words))),
        read=others[place].read or file.read,
        failures=(*file.failures, *others[place].failures),
    )
    return (*others[:place], heir, *others[place + 1 :])


def _remaining(
    file: PendingFile, announced: PendingFile, others: tuple[PendingFile, ...], album: str
) -> tuple[PendingFile, ...]:
    """The files still being read, and what was announced of the album while more of it may come."""
    pending = tuple(one for one in others if one.source)
    if not album or file.album != album:
        return pending
    failures = tuple(dict.fromkeys((*announced.failures, *file.failures)))
    return (*pending, PendingFile(source="", album=album, read=announced.read or file.read, failures=failures))
