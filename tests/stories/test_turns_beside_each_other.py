"""Turns of one person in several conversations change what each of them changed, and nothing else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.address import Address
from core.channel import LiveTarget, LiveUpdates
from core.conversation import ClaimedTurn, QuizOrigin, Turn
from core.dialogue.draft import TurnDraft
from core.event import Sender
from core.question import OpenQuiz, Question
from storage.engine.database import Database
from storage.messaging import close_turn
from tests.fakes.messaging import Street, Thinking, echo

HERE = Address("test", "1")


LEASE = timedelta(seconds=30)


def _empty(street: Street, claimed: ClaimedTurn) -> Turn:
    return Turn(conversation=claimed.conversation, replies=(), started=street.clock.now(), ended=street.clock.now())


def _changing(**changes: Any) -> Thinking:
    async def changing(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        learner = replace(claimed.conversation.learner, **changes)
        return TurnDraft(conversation=replace(claimed.conversation, learner=learner))

    return changing


async def test_of_a_person_only_what_was_changed_is_written_so_that_two_turns_undo_nothing(
    street: Street, database: Database
) -> None:
    elsewhere = Address("test", "2")
    for address in (HERE, elsewhere):
        await street.says("toki", address.chat)
        await street.answers(address.chat)
    await database.run(text("UPDATE conversations SET learner_id = (SELECT min(learner_id) FROM conversations)"), {})
    openings: list[ClaimedTurn] = []
    for address in (HERE, elsewhere):
        await street.says("change", address.chat)
        opened = await street.turns.open(address, LEASE)
        assert opened is not None
        openings.append(opened)
    for claimed, changes in zip(openings, ({"locale": "vi"}, {"voice": "never"}), strict=True):
        draft = await _changing(**changes)(claimed, street.channel.live(LiveTarget(address=HERE)))
        await street.turns.close(claimed, replace(_empty(street, claimed), conversation=draft.conversation))
    street.mind.thinking = echo
    await street.says("and now")
    await street.answers()
    learner = street.mind.openings[-1].conversation.learner
    assert (learner.locale, learner.voice) == ("vi", "never")


async def test_two_turns_of_a_person_that_close_together_both_count(street: Street, database: Database) -> None:
    elsewhere = Address("test", "2")
    for address in (HERE, elsewhere):
        await street.says("toki", address.chat)
        await street.answers(address.chat)
        await street.says("change", address.chat)
    await database.run(text("UPDATE conversations SET learner_id = (SELECT min(learner_id) FROM conversations)"), {})
    pairs: list[tuple[ClaimedTurn, Turn]] = []
    for address, changes in ((HERE, {"locale": "vi"}), (elsewhere, {"voice": "never"})):
        claimed = await street.turns.open(address, LEASE)
        assert claimed is not None
        draft = await _changing(**changes)(claimed, street.channel.live(LiveTarget(address=HERE)))
        pairs.append((claimed, replace(_empty(street, claimed), conversation=draft.conversation)))
    assert len(await close_turn.close_turns(database, pairs, street.clock)) == 2
    rows = await database.run(
        text("SELECT DISTINCT locale, voice FROM learners JOIN conversations c ON c.learner_id = id"), {}
    )
    assert [tuple(row) for row in rows] == [("vi", "never")]


async def test_a_language_that_was_only_guessed_is_not_kept_because_something_else_was_changed(street: Street) -> None:
    mute = Sender(id="1", name="Ana")
    street.mind.thinking = _changing(voice="never")
    await street.receive(replace(street.event("/voice off"), sender=mute))
    await street.answers()
    street.mind.thinking = echo
    await street.receive(replace(street.event("toki"), sender=replace(mute, locale="vi")))
    await street.answers()
    learner = street.mind.openings[-1].conversation.learner
    assert (learner.locale, learner.voice) == ("vi", "never")


async def _quiz_elsewhere(street: Street, quiz: OpenQuiz) -> QuizOrigin:
    """A conversation of its own where a quiz is open."""

    async def asking(claimed: ClaimedTurn, live: LiveUpdates) -> TurnDraft:
        return TurnDraft(conversation=replace(claimed.conversation, quiz=quiz))

    there = Address("test", "2")
    street.mind.thinking = asking
    await street.says("ask me", there.chat)
    await street.answers(there.chat)
    return QuizOrigin(address=there, version=1)


async def _open_there(street: Street) -> OpenQuiz | None:
    street.mind.thinking = echo
    await street.says("what was it?", "2")
    await street.answers("2")
    return street.mind.openings[-1].conversation.quiz


@pytest.mark.parametrize("closes", [True, False])
async def test_a_quiz_that_is_taken_over_is_open_there_until_the_turn_that_takes_it_has_closed(
    street: Street, closes: bool
) -> None:
    quiz = OpenQuiz(
        id="q", title="", purpose="made", questions=(Question(id="1", form="typed", prompt="?", answers=("a",)),)
    )
    origin = await _quiz_elsewhere(street, quiz)
    await street.says("/continue")
    claimed = await street.turns.open(HERE, LEASE)
    assert claimed is not None
    moved = replace(claimed.conversation, quiz=quiz)
    turn = replace(_empty(street, claimed), conversation=moved, origin=origin)
    if closes:
        await street.turns.close(claimed, turn)
        assert await _open_there(street) is None
    else:
        street.clock.pass_(31)
        assert await _open_there(street) == quiz
        again = await street.turns.open(HERE, LEASE)
        assert again is not None
        await street.turns.close(again, replace(turn, origin=origin))
        assert await _open_there(street) == quiz
