"""What is known of what was said before, also in a group that talks much more to itself than to Sona."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn, Learner
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.event import Said
from core.features.general.commands import GeneralCommands
from core.reply import Text
from storage.engine.database import Database
from storage.messaging.open_turn import MAX_OVERHEARD
from tests.fakes.dialogue import dispatcher
from tests.fakes.messaging import Street, echo

HERE = Address("test", "1")
LEASE = timedelta(seconds=30)
_WAITING = text("SELECT count(*) AS waiting FROM events WHERE handled_at IS NULL")
_CROWD = text(
    """
    INSERT INTO events (id, address, payload, addressed, received_at)
    SELECT 'c' || n, address, payload || jsonb_build_object('is', payload->'is' || jsonb_build_object(
        'id', 'c' || n, 'body', payload #> '{is,body}' || jsonb_build_object('text', 'line ' || n))), false, received_at
    FROM events, generate_series(1, 3000) n
    """
)
_RECORD = text("SELECT text FROM messages ORDER BY seq")


class Parrot:
    """Repeats what it hears, and keeps the lines that it remembers when it does."""

    def __init__(self) -> None:
        self.remembered: list[str] = []

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        self.remembered = [message.text for message in draft.conversation.history]
        return draft.with_replies(Text(text=f"echo {incoming.text}"))


def _listening(street: Street) -> Parrot:
    parrot, commands = Parrot(), GeneralCommands(commands=())
    street.converse = replace(street.converse, dispatcher=dispatcher(commands, parrot, clock=street.clock))
    return parrot


async def _chatter(street: Street, count: int) -> None:
    for number in range(count):
        await street.receive(street.event(f"line {number}", addressed=False))


async def _asks(street: Street, said: str, *, ago: float = 0) -> None:
    """Say something, by a platform whose clock is so many seconds behind, and have it answered."""
    event = street.event(said)
    await street.receive(replace(event, at=event.at - timedelta(seconds=ago)))
    await street.answers()
    street.clock.pass_(1)


async def test_the_history_is_there_in_the_next_turn(street: Street) -> None:
    await street.says("one")
    await street.answers()
    await street.says("two")
    await street.answers()
    history = street.mind.openings[-1].conversation.history
    assert [(message.role, message.text) for message in history] == [("person", "one"), ("sona", "one")]


async def test_a_cleared_history_stays_cleared(street: Street) -> None:
    async def forgetful(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        return TurnDraft(conversation=replace(claimed.conversation, history=()), history_start=0)

    await street.says("one")
    await street.answers()
    street.mind.thinking = forgetful
    street.clock.pass_(1)
    await street.says("/new")
    await street.answers()
    street.mind.thinking = echo
    street.clock.pass_(1)
    await street.says("two")
    await street.answers()
    assert street.mind.openings[-1].conversation.history == ()


async def test_a_busy_group_is_remembered_from_one_question_to_the_next(street: Street) -> None:
    parrot = _listening(street)
    await _asks(street, "first")
    await _chatter(street, 45)
    street.clock.pass_(1)
    await _asks(street, "second", ago=0.5)
    await _asks(street, "third")
    assert parrot.remembered[-4:] == ["line 44", "second", "echo second", "third"]
    assert len(parrot.remembered) == 40


async def test_what_is_said_after_a_fresh_start_is_remembered_whatever_the_platforms_clock_says(
    street: Street,
) -> None:
    parrot = _listening(street)
    await _asks(street, "old")
    await street.receive(street.event("forget this too"))
    await _asks(street, "/new")
    await _asks(street, "one", ago=30)
    await _asks(street, "two", ago=30)
    assert parrot.remembered[1:] == ["one", "echo one", "two"]
    assert "forgotten" in parrot.remembered[0]
    await _asks(street, "/new")
    await _asks(street, "three")
    assert parrot.remembered[1:] == ["three"]


async def test_of_thousands_of_lines_a_turn_takes_the_last_ones_and_lets_go_of_the_others(
    street: Street, database: Database
) -> None:
    parrot = _listening(street)
    await street.receive(street.event("line 0", name="seed", addressed=False))
    await database.run(_CROWD, {})
    await _asks(street, "Sona?")
    said = [row.text for row in await database.run(_RECORD, {})]
    assert said == [*(f"line {n}" for n in range(3001 - MAX_OVERHEARD, 3001)), "Sona?", "echo Sona?"]
    assert parrot.remembered[-2:] == ["line 3000", "Sona?"]
    (left,) = await database.run(_WAITING, {})
    assert left.waiting == 0


async def test_words_not_meant_for_us_wait_for_those_that_are(street: Street) -> None:
    await street.receive(street.event("psst", addressed=False))
    assert await street.turns.open(HERE, LEASE) is None
    await street.says("Sona?")
    claimed = await street.turns.open(HERE, LEASE)
    assert claimed is not None
    assert [event.body for event in claimed.events] == [Said(text="psst"), Said(text="Sona?")]


async def test_a_group_is_nobody_that_is_known_from_elsewhere_and_the_same_in_each_of_its_threads(
    street: Street,
) -> None:
    alone = street.event("toki")
    together = replace(street.event("toki all", "-5"), sender=alone.sender, group=True)
    thread = replace(street.event("here too", "-5"), address=Address("test", "-5", "7"), group=True)
    learners: list[Learner] = []
    for event in (alone, together, thread):
        await street.receive(event)
        claimed = await street.turns.open(event.address, LEASE)
        assert claimed is not None
        learners.append(claimed.conversation.learner)
    assert learners[0].id != learners[1].id == learners[2].id
    assert [learner.name for learner in learners] == ["Ana", "", ""]
