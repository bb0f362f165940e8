"""Identities and the overview that is built from stored data."""

from datetime import timedelta

from sqlalchemy import text

from core.conversation import Learner
from core.features.account.overview import OverviewBuilder
from core.learn.catalogue import Catalogue
from core.ports.knowledge import KnowledgeSource
from storage.engine.database import Database
from storage.knowledge.sources import PostgresSources
from storage.people.identities import PostgresIdentities
from storage.study.cards import PostgresStudyRecord
from tests.fakes.clock import ManualClock

_ADD_LEARNER = text(
    """
    WITH met AS (
        INSERT INTO learners (id, name, locale, zone, voice, created_at) VALUES ('a', 'Lan', 'vi', 'UTC', 'never', now())
    )
    INSERT INTO identities (channel, sender, learner_id) VALUES ('slack', 'T1.U7', 'a')
    """
)
_CARD = text(
    "INSERT INTO cards (learner_id, key, due, state, reps, lapses, strength) VALUES ('a', :key, :due, '{}', 0, 0, 0)"
)


async def test_a_learner_is_found_by_channel_and_sender(database: Database) -> None:
    await database.run(_ADD_LEARNER, {})
    known = PostgresIdentities(database)
    assert await known.learner("slack", "T1.U7") == Learner(id="a", name="Lan", locale="vi", voice="never")
    assert await known.learner("slack", "T1.U8") is None
    assert await known.learner("discord", "T1.U7") is None


async def test_an_overview_counts_due_cards_and_lists_documents(database: Database) -> None:
    clock = ManualClock()
    library = PostgresSources(database=database, clock=clock)
    builder = OverviewBuilder(
        acquaintances=PostgresIdentities(database),
        study=PostgresStudyRecord(database),
        library=library,
        catalogue=Catalogue(()),
        clock=clock,
    )
    stranger = await builder.of("slack", "T1.U7", locale="es-MX")
    assert (stranger.learner.locale, stranger.due, stranger.documents) == ("es-MX", 0, ())
    await database.run(_ADD_LEARNER, {})
    for key, wait in (("x", 0), ("y", 60), ("z", -60)):
        await database.run(_CARD, {"key": key, "due": clock.now() + timedelta(seconds=wait)})
    for uri, owner in (("blob:1", "a"), ("https://a.b/", ""), ("blob:2", "b"), ("course:toki-pona", "")):
        await library.add(KnowledgeSource(id=uri, uri=uri, title=uri, owner=owner))
    seen = await builder.of("slack", "T1.U7", locale="es-MX")
    assert (seen.learner.locale, seen.due) == ("vi", 2)
    assert {document.uri for document in seen.documents} == {"blob:1", "https://a.b/"}
    assert "/lesson" in seen.progress
