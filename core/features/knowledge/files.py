"""Files that people send: put down to be read, told of when they are, and what was said beside them answered then."""

from dataclasses import replace

from core.channel import LiveUpdates
from core.conversation import Message, PendingFile
from core.dialogue.draft import Answerer, TurnDraft
from core.event import Event, Ready, Said, Shared
from core.phrases import phrase
from core.ports.knowledge import AddSource
from core.reply import Text

_AWAITED = 20
"""Files that a conversation waits for at once; of older ones it is told as of any other."""
_WORDS = 4000
"""Characters of what is said beside a file."""


class FileAnswerer:
    """Answers `Shared` and the `Ready` of what was read; `talker` answers the words that came with a file, once it knows it.

    Files sent together are spoken of once when they come and once when the last of them is read, then also of those
    that could not be; if one was read before the next had come, nothing is said twice.
    """

    def __init__(self, *, reader: AddSource, talker: Answerer) -> None:
        self._reader = reader
        self._talker = talker

    async def answer(self, event: Event, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        match event.body:
            case Shared():
                return await self._shared(event.body, draft)
            case Ready(what="ingest"):
                return await self._ready(event, event.body, draft, live)
            case _:
                return None

    async def _shared(self, shared: Shared, draft: TurnDraft) -> TurnDraft:
        here = draft.conversation
        more = bool(shared.album) and shared.album == here.album
        locale = here.learner.locale
        title = shared.media.name or shared.media.mime
        draft = draft.with_conversation(replace(here, album=shared.album))
        if not shared.media.ref:
            return draft.with_replies(Text(text=phrase("reading.unfetched", locale, title=title)))
        draft = await self._put(shared, title, draft)
        if more:
            return draft
        told = "reading.album" if shared.album else "reading.file"
        return draft.with_replies(Text(text=phrase(told, locale, title=title)))

    async def _put(self, shared: Shared, title: str, draft: TurnDraft) -> TurnDraft:
        here = draft.conversation
        media = shared.media
        source = await self._reader(media.ref, title, media.mime, owner=here.learner.id, notify=str(here.address))
        others = tuple(
            other
            for other in here.pending_files
            if other.source != source and (other.source or other.album == shared.album)
        )
        file = PendingFile(source=source, album=shared.album, words=shared.text.strip()[:_WORDS])
        return draft.with_conversation(replace(here, pending_files=(*others, file)[-_AWAITED:]))

    async def _ready(self, event: Event, ready: Ready, draft: TurnDraft, live: LiveUpdates) -> TurnDraft:
        here = draft.conversation
        file = next((one for one in here.pending_files if one.source == ready.of), None) or PendingFile(source=ready.of)
        failures = (*file.failures, ready.text) if ready.failed else file.failures
        file = replace(file, read=file.read or not ready.failed, failures=failures)
        others = tuple(one for one in here.pending_files if one.source != ready.of)
        if any(_beside(one, file) and one.source for one in others):
            return draft.with_conversation(replace(here, pending_files=_handed_on(file, others)))
        told = next((one for one in others if _beside(one, file)), PendingFile(source=""))
        draft = draft.with_conversation(replace(here, pending_files=_remembered(file, told, others, here.album)))
        done = _done(file, told, ready.text, here.learner.locale)
        if done:
            draft = draft.with_replies(Text(text=done))
        return await self._asked(event, file, draft, done, live) if file.read and file.words else draft

    async def _asked(
        self, event: Event, file: PendingFile, draft: TurnDraft, done: str, live: LiveUpdates
    ) -> TurnDraft:
        """The answer to what was said beside the file, as if it were said now."""
        here = draft.conversation
        lines = (
            Message(role="sona", text=done, at=event.at),
            Message(role="person", text=file.words, at=event.at),
        )
        asking = draft.with_conversation(replace(here, history=here.history + lines))
        return await self._talker.answer(replace(event, body=Said(text=file.words)), asking, live) or draft


def _beside(one: PendingFile, file: PendingFile) -> bool:
    return bool(file.album) and one.album == file.album


def _done(file: PendingFile, told: PendingFile, text: str, locale: str) -> str:
    """How the reading of a file ended, or of all that came with it, without what was told already."""
    failures = tuple(dict.fromkeys(failure for failure in file.failures if failure not in told.failures))
    parts: list[str] = []
    if len(failures) == 1:
        parts.append(phrase("reading.failed", locale, text=failures[0]))
    elif failures:
        parts.append(phrase("reading.unread", locale, text="\n".join(f"- {failure}" for failure in failures)))
    if file.read and not file.album:
        parts.append(phrase("reading.ready", locale, text=text))
    elif file.read and not told.read:
        parts.append(phrase("reading.rest" if failures else "reading.all", locale))
    return "\n\n".join(parts)


def _handed_on(file: PendingFile, others: tuple[PendingFile, ...]) -> tuple[PendingFile, ...]:
    """The next file of the album keeps what was said beside this one, and how the reading went until now."""
    place = next(place for place, one in enumerate(others) if _beside(one, file) and one.source)
    heir = replace(
        others[place],
        words="\n".join(filter(None, (file.words, others[place].words))),
        read=others[place].read or file.read,
        failures=(*file.failures, *others[place].failures),
    )
    return (*others[:place], heir, *others[place + 1 :])


def _remembered(
    file: PendingFile, told: PendingFile, others: tuple[PendingFile, ...], album: str
) -> tuple[PendingFile, ...]:
    """What is awaited still, and what was told of the album while more of it may come."""
    awaited = tuple(one for one in others if one.source)
    if not album or file.album != album:
        return awaited
    failures = tuple(dict.fromkeys((*told.failures, *file.failures)))
    return (*awaited, PendingFile(source="", album=album, read=told.read or file.read, failures=failures))
