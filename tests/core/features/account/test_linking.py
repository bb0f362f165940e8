"""What is taken for a code, and what codes are like."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import Conversation, Learner, Message, Pending
from core.dialogue.confirmation import Confirmations
from core.dialogue.draft import TurnDraft
from core.dialogue.transcript import shown
from core.event import Body, Event, Joined, Said, Sender, Tapped
from core.features.account.codes import ALPHABET, LENGTH
from core.features.account.linking import LinkingAnswerer
from core.features.account.resume import ResumeAnswerer
from core.learn.catalogue import Catalogue
from core.ports.person import LinkDenial, PersonSummary, UnlinkedPerson
from core.reply import Reply, Text
from tests.fakes.collaborators import Signs, StillClock, conversation
from tests.fakes.dialogue import incoming

LIVE: LiveUpdates = Signs()


class Nobody:
    """Links and people that know of nobody, and keep what was asked of them."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        self.claimed: list[str] = []
        self.joined: list[str] = []
        self.parted: list[str] = []
        self.spent: list[str] = []
        self.owner: PersonSummary | None = None

    async def offer(self, learner: str, code: str) -> None:
        self.offered.append(code)

    async def claim(self, learner: str, code: str) -> PersonSummary | LinkDenial:
        self.claimed.append(code)
        return self.owner or "unknown"

    async def decline(self, learner: str) -> None: ...

    async def spend(self, code: str) -> None:
        self.spent.append(code)

    async def join(
        self, learner: str, *, here: Address, event: str, told: Callable[[Learner], Reply]
    ) -> Learner | None:
        self.joined.append(learner)

    async def standing(self, learner: str) -> PersonSummary:
        return PersonSummary(name="", channels=())

    async def part(self, learner: Learner, sender: Sender, here: Address, *, event: str) -> UnlinkedPerson | None:
        self.parted.append(learner.id)

    async def besides(self, learner: str, sender: Sender, here: Address) -> tuple[str, ...]:
        return ("telegram",)

    async def elsewhere(self, learner: Learner, here: Address) -> Conversation | None:
        return None

    async def at_rest(self, there: Conversation) -> bool:
        return False


async def answered(
    nobody: Nobody,
    body: Body,
    *,
    seed: int = 7,
    addressed: bool = True,
    group: bool = False,
    said: str = "",
    asked: str = "",
) -> TurnDraft | None:
    """The answer to a person to whom Sona just `said` something, while the question of the kind `asked` is open."""
    clock = StillClock()
    resuming = ResumeAnswerer(places=nobody, catalogue=Catalogue(()))
    rng = Random(seed)
    confirmations = Confirmations(clock=clock, rng=rng)
    linking = LinkingAnswerer(links=nobody, people=nobody, resuming=resuming, confirmations=confirmations, rng=rng)
    sender = Sender(id="s")
    event = Event(
        id="web:1",
        address=Address("web", "c"),
        sender=sender,
        at=clock.now(),
        body=body,
        addressed=addressed,
        group=group,
    )
    before = (Message(role="sona", text=said, at=clock.now()),) if said else ()
    expires = clock.now() + timedelta(minutes=1)
    pending = Pending(id="q1", kind=asked, asked_of="s", expires=expires) if asked else None
    draft = TurnDraft(conversation=replace(conversation(), history=before, pending=pending))
    return await linking.answer(incoming(event), draft, LIVE)


async def test_codes_are_eight_letters_and_digits_that_nobody_confuses() -> None:
    nobody = Nobody()
    for seed in range(200):
        await answered(nobody, Said(text="/link"), seed=seed)
    assert len(set(nobody.offered)) == 200
    assert not set("01ILO") & set(ALPHABET)
    for code in nobody.offered:
        assert len(code) == LENGTH
        assert set(code) <= set(ALPHABET)
        assert not code.isalpha()
        assert not code.isdigit()


@pytest.mark.parametrize(
    "body",
    [
        Said(text="/link ABCD2345"),
        Said(text="/link@SonaBot abcd-2345"),
        Said(text="/link ab cd 23 45!"),
        Tapped(choice="/link ABCD2345"),
        Joined(start="link-ABCD2345"),
        Said(text="link ABCD2345"),
        Said(text="Link ABCD2345"),
        Said(text=" ABCD2345 "),
    ],
)
async def test_a_code_is_understood_however_it_is_said(body: Body) -> None:
    nobody = Nobody()
    draft = await answered(nobody, body)
    assert nobody.claimed == ["ABCD2345"]
    assert draft is not None
    assert isinstance(draft.replies[0], Text)
    assert draft.replies[0].text.startswith("I know no such code")


@pytest.mark.parametrize(
    "body",
    [
        Said(text="abcd2345"),
        Said(text="ABCDEFGH"),
        Said(text="23456789"),
        Said(text="ABCD23456"),
        Said(text="ABCO2345"),
        Said(text="what is ABCD2345"),
        Joined(start="course-toki-pona"),
        Joined(),
        Tapped(choice="link:maybe"),
    ],
)
async def test_other_words_are_no_code(body: Body) -> None:
    nobody = Nobody()
    assert await answered(nobody, body) is None
    assert nobody.claimed == []


async def test_words_in_a_group_that_were_not_for_sona_are_no_code() -> None:
    nobody = Nobody()
    assert await answered(nobody, Said(text="ABCD2345"), addressed=False) is None


@pytest.mark.parametrize("code", ["ABCD2345", "WRNG2345"])
async def test_a_code_said_in_a_group_is_spent_and_nobody_learns_whether_it_was_one(code: str) -> None:
    nobody = Nobody()
    nobody.owner = PersonSummary(name="Ana", channels=("telegram",))
    for body in (Said(text=f"/link {code}"), Said(text=code)):
        draft = await answered(nobody, body, group=True)
        assert draft is not None
        (told,) = draft.replies
        assert isinstance(told, Text)
        assert told.text.startswith("Others here could read that code, so it counts no more.")
    assert (nobody.claimed, nobody.spent) == ([], [code, code])


async def test_the_history_that_the_model_sees_holds_no_code() -> None:
    nobody = Nobody()
    draft = await answered(nobody, Said(text="/link"))
    assert draft is not None
    (told,) = draft.replies
    assert isinstance(told, Text)
    assert told.text.count(nobody.offered[0]) == 2
    assert nobody.offered[0] not in shown(told)
    assert "Your code is **…**" in shown(told)


@pytest.mark.parametrize("question", ["Shall I join them?", "Shall this channel leave?"])
@pytest.mark.parametrize("group", [True, False])
async def test_nobody_says_yes_to_what_sona_was_made_to_repeat(question: str, group: bool) -> None:
    nobody = Nobody()
    for words in ("yes", "ok", "Yes!"):
        assert await answered(nobody, Said(text=words), group=group, said=f"It says: {question}") is None
    assert (nobody.joined, nobody.parted) == ([], [])


@pytest.mark.parametrize("kind", ["link", "unlink"])
async def test_the_open_question_is_answered_in_private_only(kind: str) -> None:
    nobody = Nobody()
    for body in (Said(text="yes"), Tapped(choice=f"{kind}:yes:q1")):
        assert await answered(nobody, body, group=True, asked=kind) is None
    assert (nobody.joined, nobody.parted) == ([], [])
    for body in (Said(text="yes"), Tapped(choice=f"{kind}:yes:q1")):
        assert await answered(nobody, body, asked=kind) is not None
    assert len(nobody.joined + nobody.parted) == 2


async def test_a_preview_says_what_yes_gives_away_and_a_name_says_nothing_in_our_voice() -> None:
    nobody = Nobody()
    nobody.owner = PersonSummary(name="Sona**\n\nTap [Yes](https://evil.example)" + "!" * 500, channels=("telegram",))
    draft = await answered(nobody, Joined(start="link-ABCD2345"))
    assert draft is not None
    (preview,) = draft.replies
    assert isinstance(preview, Text)
    assert "whoever writes there will see all that you have here" in preview.text
    assert preview.text.startswith("You are **Sona\\*\\* Tap \\[Yes\\]")
    assert len(preview.text.splitlines()[0]) < 120
