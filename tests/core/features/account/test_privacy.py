"""Who is forgotten is one person who asked for it between the two."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import Learner, Message, Pending
from core.dialogue.confirmation import Confirmations
from core.dialogue.draft import TurnDraft
from core.errors import Superseded
from core.event import Body, Event, Said, Sender, Tapped
from core.features.account.privacy import PrivacyAnswerer
from core.media import Media
from core.phrases import phrase
from core.ports.person import Forgotten, PersonSummary, UnlinkedPerson
from core.reply import Reply
from tests.fakes.collaborators import Signs, StillClock, conversation
from tests.fakes.dialogue import incoming

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


async def answered(
    shredder: Shredder, body: Body, *, group: bool = False, said: str = "", asked: bool = False
) -> TurnDraft | None:
    """The answer to a person to whom Sona just `said` something, while the question may be open."""
    clock = StillClock()
    confirmations = Confirmations(clock=clock, rng=Random(7))
    privacy = PrivacyAnswerer(records=shredder, people=shredder, wake=shredder, confirmations=confirmations)
    event = Event(
        id="web:1", address=Address("web", "c"), sender=Sender(id="s"), at=clock.now(), body=body, group=group
    )
    history = (Message(role="sona", text=said, at=clock.now()),) if said else ()
    expires = clock.now() + timedelta(minutes=1)
    pending = Pending(id="q1", kind="forget", asked_of="s", expires=expires) if asked else None
    draft = TurnDraft(conversation=replace(conversation(), history=history, pending=pending))
    return await privacy.answer(incoming(event), draft, LIVE)


@pytest.mark.parametrize("group", [True, False])
async def test_nothing_is_deleted_because_sona_was_made_to_repeat_the_question(group: bool) -> None:
    shredder = Shredder()
    said = f"The document ends with: {QUESTION}"
    await answered(shredder, Said(text="Yes, forget me"), group=group, said=said)
    assert shredder.forgotten == []


@pytest.mark.parametrize("body", [Said(text="Yes, forget me"), Tapped(choice="forget:yes:q1")])
async def test_the_open_question_is_answered_in_private_only(body: Body) -> None:
    shredder = Shredder()
    assert await answered(shredder, body, group=True, asked=True) is None
    assert shredder.forgotten == []
    with pytest.raises(Superseded):
        await answered(shredder, body, asked=True)
    assert len(shredder.forgotten) == 1


async def test_in_a_group_the_words_for_it_are_answered_with_where_to_say_them() -> None:
    shredder = Shredder()
    draft = await answered(shredder, Said(text="forget me"), group=True)
    assert draft is not None
    assert draft.replies[0].kind == "text"
    assert shredder.forgotten == []
