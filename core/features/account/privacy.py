"""What is kept of a person: handed to them as a file, or deleted for good."""

from core.channel import LiveUpdates
from core.dialogue.confirmation import Confirmation, ConfirmationAnswer, Confirmations, places
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.errors import Superseded
from core.event import Event
from core.features.account.linking import numbers
from core.phrases import phrase
from core.ports.messaging import Wake
from core.ports.person import Forgotten, People, PersonalRecords
from core.reply import Document, Reply, Text

_FORGET = Confirmation(
    kind="forget",
    ask="person.forget.ask",
    yes="person.forget.yes",
    no="person.forget.no",
    words="person.forget.words",
    destroys=True,
)


class PrivacyAnswerer:
    """Answers `/mydata` and `/forget me`, the latter once it is confirmed."""

    def __init__(
        self,
        *,
        records: PersonalRecords,
        people: People,
        wake: Wake,
        confirmations: Confirmations,
    ) -> None:
        self._confirmations = confirmations
        self._records = records
        self._people = people
        self._wake = wake

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        """Raises `Superseded` where there is nobody any more to answer: the receipt is on its way already."""
        locale = draft.conversation.learner.locale
        event, intent = incoming.event, incoming.intent
        asked = intent.name if intent is not None and intent.name in ("forget", "mydata") else None
        if event.group:
            return draft.with_replies(Text(text=phrase("person.private", locale))) if asked else None
        if (answered := self._confirmations.answer(_FORGET, event, draft)) is not None:
            return await self._decided(*answered)
        if asked is None:
            return None
        return await (self._warn(event, draft) if asked == "forget" else self._pack(draft, live))

    async def _pack(self, draft: TurnDraft, live: LiveUpdates) -> TurnDraft:
        learner = draft.conversation.learner
        await live.status(phrase("person.data.packing", learner.locale))
        media = await self._records.pack(learner.id)
        link = await self._records.link(media)
        told = numbers(await self._people.standing(learner.id), learner.locale)
        await live.status("")
        document = Document(
            media=media,
            text=phrase("person.data.text", learner.locale, numbers=told),
            instead=phrase("person.data.link" if link else "person.data.nowhere", learner.locale, link=link),
        )
        return draft.with_replies(document)

    async def _warn(self, event: Event, draft: TurnDraft) -> TurnDraft:
        learner = draft.conversation.learner
        found = await self._people.standing(learner.id)
        channels = found.channels or (draft.conversation.address.channel,)
        values = {"places": places(channels, learner.locale), "numbers": numbers(found, learner.locale)}
        warning = phrase("person.forget.warning", learner.locale, **values)
        return self._confirmations.ask(_FORGET, warning, event, draft)

    async def _decided(self, said: ConfirmationAnswer, draft: TurnDraft) -> TurnDraft:
        learner, here = draft.conversation.learner, draft.conversation.address
        if said != "yes":
            values = {"command": "/forget me"} if said == "late" else {}
            key = "person.late" if said == "late" else "person.kept"
            return draft.with_replies(Text(text=phrase(key, learner.locale, **values)))
        forgotten = await self._records.forget(learner.id, here, lambda done: _receipt(done, learner.locale))
        if forgotten is not None:
            for address in forgotten.addresses:
                if address != here:
                    await self._wake.stop(address)
            self._wake.delivery([here])
        raise Superseded(str(here))


def _receipt(done: Forgotten, locale: str) -> Reply:
    counts = {"messages": done.messages, "cards": done.cards, "documents": done.documents, "files": done.files}
    time = f"{done.at:%Y-%m-%d %H:%M}"
    return Text(text=phrase("person.forget.receipt", locale, time=time, records=done.records, **counts))
