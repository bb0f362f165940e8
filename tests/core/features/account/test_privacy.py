"""Who is forgotten is one person who asked for it between the two."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import Learner, Message
from core.dialogue.draft import TurnDraft
from core.errors import Superseded
from core.event import Body, Event, Said, Sender, Tapped
from core.features.account.privacy import PrivacyAnswerer
from core.media import Media
from core.phrases import phrase
from core.ports.person import Forgotten, PersonSummary, UnlinkedPerson
from core.reply import Reply
from tests.fakes.collaborators import Signs, StillClock, conversation

LIVE: LiveUpdates = Signs()
QUESTION = phrase("person.forget.ask", "en")


class Shredder:
    """Records of somebody, which are asked for or deleted, and rings that nobody hears."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def pack(self, learner: str) -> Media:
        return Media(ref="blob:1", mime="application/zip")

    async def link(self, media: Media) -> str:
        return ""

    async def forget(self, learner: str, here: Address, told: Callable[[Forgotten], Reply]) -> Forgotten | None:
        self.forgotten.append(learner)

    async def standing(self, learner: str) -> PersonSummary:
        return PersonSummary(name="", channels=())

    async def part(self, learner: Learner, sender: Sender, here: Address, *, event: str) -> UnlinkedPerson | None: ...

    async def besides(self, learner: str, sender: Sender, here: Address) -> tuple[str, ...]:
        return ()

    def turn(self, addresses: Iterable[Address]) -> None: ...

    def delivery(self, addresses: Iterable[Address]) -> None: ...

    def reading(self, sources: Iterable[str]) -> None: ...

    async def stop(self, address: Address) -> None: ...


async def answered(shredder: Shredder, body: Body, *, group: bool) -> TurnDraft | None:
    clock = StillClock()
    leaving = PrivacyAnswerer(records=shredder, people=shredder, wake=shredder, clock=clock, rng=Random(7))
    event = Event(
        id="web:1", address=Address("web", "c"), sender=Sender(id="s"), at=clock.now(), body=body, group=group
    )
    said = Message(role="sona", text=QUESTION, at=clock.now())
    return await leaving.answer(event, TurnDraft(conversation=replace(conversation(), history=(said,))), LIVE)


@pytest.mark.parametrize("body", [Said(text="Yes, forget me"), Tapped(choice="forget:yes:{at}")])
async def test_in_a_group_nobody_has_it_forgotten_by_what_sona_was_made_to_repeat(body: Body) -> None:
    shredder, at = Shredder(), int(StillClock().now().timestamp())
    given = replace(body, choice=body.choice.format(at=at)) if isinstance(body, Tapped) else body
    assert await answered(shredder, given, group=True) is None
    assert shredder.forgotten == []
    with pytest.raises(Superseded):
        await answered(shredder, given, group=False)
    assert len(shredder.forgotten) == 1


async def test_in_a_group_the_words_for_it_are_answered_with_where_to_say_them() -> None:
    shredder = Shredder()
    draft = await answered(shredder, Said(text="forget me"), group=True)
    assert draft is not None
    assert draft.replies[0].kind == "text"
    assert shredder.forgotten == []
