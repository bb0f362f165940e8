"""Links that are sent to be read."""

import re

from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.dialogue.text import links
from core.event import Said, Spoke
from core.phrases import phrase
from core.ports.knowledge import AddSource
from core.reply import Text

_LINKS = 10
"""More addresses than these at once are no wish to have each of them read."""
_READ = re.compile(
    r"\b(?:read|learn|add|study|lee|leer|aprende|añade|agrega|estudia)\b|(?:^|\s)(?:đọc|học|thêm)(?:\s|$)",
    re.IGNORECASE,
)


class LinkAnswerer:
    """Answers words that are links to read."""

    def __init__(self, *, reader: AddSource) -> None:
        self._reader = reader

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - answers immediately, no live updates
        match incoming.event.body:
            case Said() | Spoke():
                return await self._links(incoming.text, draft)
            case _:
                return None

    async def _links(self, said: str, draft: TurnDraft) -> TurnDraft | None:
        """A few links with a word that asks to read them, or with no word at all."""
        found = links(said)
        if not found or len(found) > _LINKS or len(said) > 2 * sum(len(link) for link in found) + 200:
            return None
        beside = said
        for link in found:
            beside = beside.replace(link, " ")
        if beside.strip() and not _READ.search(beside):
            return None
        for link in found:
            here = draft.conversation
            await self._reader(link, link, "", owner=here.learner.id, notify=str(here.address))
            text = phrase("reading.link", draft.conversation.learner.locale, title=link)
            draft = draft.with_replies(Text(text=text))
        return draft
