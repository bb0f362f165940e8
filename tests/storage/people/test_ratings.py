"""One rating per person and answer, deleted with the person."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from core.address import Address
from core.conversation import Conversation, Learner
from core.dialogue.draft import TurnDraft
from core.event import Event, Rated, Said, Sender
from core.features.feedback.ratings import RatingAnswerer
from core.ports.ratings import AnswerRating
from storage.engine.database import Database
from storage.people.personal_data import PersonalData
from storage.people.ratings import PostgresRatings
from tests.fakes.clock import ManualClock
from tests.fakes.dialogue import incoming

HERE = Address("slack", "T1.D1")
_ADD_LEARNER = text(
    "INSERT INTO learners (id, name, locale, zone, voice, created_at) VALUES ('a', '', 'en', 'UTC', '', now())"
)
_GROUP = text(
    """
    WITH group_ AS (
        INSERT INTO learners (id, name, locale, zone, voice, created_at) VALUES ('g', '', 'en', 'UTC', '', now())
    )
    INSERT INTO identities (channel, sender, learner_id) VALUES ('slack', 'T1.U7', 'a')
    """
)
_ALL = text("SELECT platform_id, sender, learner_id, good FROM ratings ORDER BY platform_id, sender")


class NoLiveUpdates:
    async def typing(self) -> None:
        raise AssertionError("a rating shows no live updates")

    async def status(self, text: str) -> None:
        raise AssertionError("a rating shows no live updates")

    async def draft(self, text: str) -> None:
        raise AssertionError("a rating shows no live updates")


def _event(clock: ManualClock, body: Rated | Said) -> Event:
    return Event(id="slack:1", address=HERE, sender=Sender(id="T1.U7"), at=clock.now(), body=body)


async def test_a_rating_is_stored_silently_and_deleted_with_the_person(database: Database) -> None:
    await database.run(_ADD_LEARNER, {})
    clock, feedback = ManualClock(), RatingAnswerer(ratings=PostgresRatings(database))
    draft = TurnDraft(conversation=Conversation(address=HERE, learner=Learner(id="a")))
    assert await feedback.answer(incoming(_event(clock, Said(text="toki"))), draft, NoLiveUpdates()) is None
    assert await feedback.answer(incoming(_event(clock, Rated(good=True, of="1.1"))), draft, NoLiveUpdates()) == draft
    assert [tuple(row) for row in await database.run(_ALL, {})] == [("1.1", "T1.U7", "a", True)]
    await PersonalData(database).forget("a", today=ManualClock().now().date())
    assert await database.run(_ALL, {}) == []


async def test_a_newer_rating_replaces_an_older_one_in_any_order_of_arrival(database: Database) -> None:
    await database.run(_ADD_LEARNER, {})
    clock, ratings = ManualClock(), PostgresRatings(database)
    first = AnswerRating(address=HERE, message="1.1", learner="a", sender="T1.U7", good=True, at=clock.now())
    later = replace(first, good=False, at=clock.now() + timedelta(seconds=1))
    for rating in (first, later, first, replace(first, sender="T1.U8")):
        await ratings.keep(rating)
    assert [(row.sender, row.good) for row in await database.run(_ALL, {})] == [("T1.U7", False), ("T1.U8", True)]


async def test_a_rating_in_a_group_belongs_to_its_known_sender(database: Database) -> None:
    await database.run(_ADD_LEARNER, {})
    await database.run(_GROUP, {})
    clock, ratings = ManualClock(), PostgresRatings(database)
    rating = AnswerRating(address=HERE, message="1.1", learner="g", sender="T1.U7", good=True, at=clock.now())
    for sender in ("T1.U7", "T1.U8"):
        await ratings.keep(replace(rating, sender=sender))
    assert [(row.sender, row.learner_id) for row in await database.run(_ALL, {})] == [("T1.U7", "a"), ("T1.U8", "g")]


async def test_a_rating_given_before_the_sender_was_known_is_deleted_with_the_person(
    database: Database,
) -> None:
    await database.run(_ADD_LEARNER, {})
    await database.run(_GROUP, {})
    await database.run(text("DELETE FROM identities"), {})
    clock, ratings = ManualClock(), PostgresRatings(database)
    rating = AnswerRating(address=HERE, message="1.1", learner="g", sender="T1.U7", good=True, at=clock.now())
    for sender in ("T1.U7", "T1.U8"):
        await ratings.keep(replace(rating, sender=sender))
    await database.run(text("INSERT INTO identities VALUES ('slack', 'T1.U7', 'a')"), {})
    assert [row["sender"] for row in (await PersonalData(database).export("a"))["ratings"]] == ["T1.U7"]
    await PersonalData(database).forget("a", today=ManualClock().now().date())
    assert [row.sender for row in await database.run(_ALL, {})] == ["T1.U8"]
