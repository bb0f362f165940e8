"""One person on many channels: a code said on one joins the other, and a channel can leave again."""

from dataclasses import replace
from functools import partial
from random import Random
from typing import assert_never

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import Learner
from core.dialogue.confirmation import Confirmation, ConfirmationAnswer, Confirmations, place, places, quoted
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.event import Event
from core.features.account import codes
from core.features.account.resume import ResumeAnswerer
from core.phrases import phrase
from core.ports.person import LinkCodes, People, PersonSummary
from core.reply import Reply, Text

_NAME = 40
_JOIN = Confirmation(kind="link", ask="person.link.ask")
_PART = Confirmation(kind="unlink", ask="person.unlink.ask")


class LinkingAnswerer:
    """Answers `/link`, `/link CODE` (or a deep link with `link-CODE`), `/unlink`, and the yes or no to both."""

    def __init__(
        self,
        *,
        links: LinkCodes,
        people: People,
        resuming: ResumeAnswerer,
        confirmations: Confirmations,
        rng: Random,
    ) -> None:
        self._confirmations = confirmations
        self._links = links
        self._people = people
        self._resuming = resuming
        self._rng = rng

    async def answer(
        self,
        incoming: Incoming,
        draft: TurnDraft,
        live: LiveUpdates,  # noqa: ARG002 - answers immediately, no live updates
    ) -> TurnDraft | None:
        event, intent = incoming.event, incoming.intent
        asked = intent if intent is not None and intent.name in ("link", "unlink") else None
        code = codes.normalise(asked.arguments) if asked is not None and asked.name == "link" else ""
        if event.group:
            return await self._among_others(code, draft) if asked else None
        if asked is not None:
            if asked.name == "unlink":
                return await self._warn(event, draft)
            return await (self._claim(event, draft, code) if code else self._offer(draft))
        if (answered := self._confirmations.answer(_JOIN, event, draft)) is not None:
            return await self._join(answered[0], event, answered[1])
        if (answered := self._confirmations.answer(_PART, event, draft)) is not None:
            return await self._part(answered[0], event, answered[1])
        return None

    async def _among_others(self, code: str, draft: TurnDraft) -> TurnDraft:
        """What others could read joins nobody any more; whether it was a code at all is told to nobody."""
        if not code:
            return _saying(draft, "person.private")
        await self._links.spend(code)
        return _saying(draft, "person.link.read")

    async def _offer(self, draft: TurnDraft) -> TurnDraft:
        code = codes.new(self._rng)
        await self._links.offer(draft.conversation.learner.id, code)
        told = phrase("person.link.code", draft.conversation.learner.locale, code=code)
        return draft.with_replies(Text(text=told, secret=code))

    async def _claim(self, event: Event, draft: TurnDraft, code: str) -> TurnDraft:
        """The preview of what would be joined."""
        learner = draft.conversation.learner
        found = await self._links.claim(learner.id, code)
        if not isinstance(found, PersonSummary):
            return _saying(draft, f"person.link.{found}")
        here = await self._people.standing(learner.id)
        preview = phrase(
            "person.link.preview",
            learner.locale,
            name=quoted(found.name, _NAME) or phrase("person.link.nameless", learner.locale),
            places=places(found.channels, learner.locale),
            there=numbers(found, learner.locale),
            here=numbers(here, learner.locale),
        )
        return self._confirmations.ask(_JOIN, preview, event, draft)

    async def _join(self, said: ConfirmationAnswer, event: Event, draft: TurnDraft) -> TurnDraft:
        here, learner = draft.conversation.address, draft.conversation.learner
        match said:
            case "no":
                await self._links.decline(learner.id)
                return _saying(draft, "person.link.declined")
            case "late":
                return _saying(draft, "person.late", command="/link")
            case "yes":
                joined = await self._links.join(learner.id, here=here, event=event.id, told=partial(_told, here=here))
            case _:
                assert_never(said)
        if joined is None:
            return _saying(draft, "person.link.gone")
        told = await self._people.standing(joined.id)
        done = phrase(
            "person.link.joined",
            joined.locale,
            places=places(told.channels, joined.locale),
            numbers=numbers(told, joined.locale),
        )
        after = draft.with_conversation(replace(draft.conversation, learner=joined)).with_replies(Text(text=done))
        offered = await self._resuming.offer(after)
        return after.with_replies(offered) if offered else after

    async def _warn(self, event: Event, draft: TurnDraft) -> TurnDraft:
        learner = draft.conversation.learner
        others = await self._others(event, draft)
        if not others:
            return _saying(draft, "person.unlink.alone")
        warning = phrase("person.unlink.warning", learner.locale, places=others)
        return self._confirmations.ask(_PART, warning, event, draft)

    async def _part(self, said: ConfirmationAnswer, event: Event, draft: TurnDraft) -> TurnDraft:
        if said == "no":
            return _saying(draft, "person.kept")
        if said == "late":
            return _saying(draft, "person.late", command="/unlink")
        here = draft.conversation
        parted = await self._people.part(here.learner, event.sender, here.address, event=event.id)
        if parted is None:
            return _saying(draft, "person.unlink.alone")
        alone = draft.with_conversation(replace(here, learner=parted.learner, course="", unit="", quiz=None))
        others = places(parted.channels, parted.learner.locale)
        return _saying(alone, "person.unlink.done", places=others)

    async def _others(self, event: Event, draft: TurnDraft) -> str:
        """The person's channels but this one, or this one too where they are on it twice; empty when they stand alone."""
        learner = draft.conversation.learner
        channels = await self._people.besides(learner.id, event.sender, draft.conversation.address)
        return places(channels, learner.locale)


def numbers(standing: PersonSummary, locale: str) -> str:
    """How much is kept of a person, in words."""
    return phrase(
        "person.numbers",
        locale,
        cards=standing.cards,
        courses=standing.courses,
        documents=standing.documents,
        messages=standing.messages,
    )


def _told(owner: Learner, *, here: Address) -> Reply:
    """For who gave the code: that it was used, and where."""
    return Text(text=phrase("person.link.used", owner.locale, place=place(here.channel, owner.locale)))


def _saying(draft: TurnDraft, key: str, **values: object) -> TurnDraft:
    return draft.with_replies(Text(text=phrase(key, draft.conversation.learner.locale, **values)))
