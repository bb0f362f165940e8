"""What joining makes old, and what forgetting leaves in place."""

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.address import Address
from core.ports.person import Forgotten
from core.reply import Reply, Text
from storage.engine.database import Database
from storage.maintenance.expiry import Expiry
from storage.messaging.blobs import PostgresBlobs
from storage.people.consent import PostgresAllowance, PostgresConsents
from storage.people.link_codes import PostgresLinkCodes
from storage.people.privacy import PostgresPrivacy
from tests.fakes.messaging import Street
from tests.storage.rows import count, told

ANA, BO = Address("test", "ana"), Address("test", "bo")
_WHO = text("SELECT learner_id FROM conversations WHERE address = :address")


@pytest.fixture
async def street(database: Database) -> Street:
    """Where Ana and Bo have said who they are."""
    street = Street(database)
    for place in (ANA, BO):
        await street.says(f"I am {place.chat}", place.chat)
        await street.answers(place.chat)
    return street


@pytest.fixture
def leaving(database: Database, street: Street) -> PostgresPrivacy:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    return PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="https://sona.example/")


async def _learner(database: Database, place: Address) -> str:
    (row,) = await database.run(_WHO, {"address": str(place)})
    return str(row.learner_id)


def _told(_: Forgotten) -> Reply:
    return Text(text="gone")


async def test_who_joins_another_is_given_a_new_file_with_the_words_of_both(
    leaving: PostgresPrivacy, street: Street, database: Database
) -> None:
    links = PostgresLinkCodes(database=database, clock=street.clock, key=b"k" * 32)
    owner, guest = await _learner(database, ANA), await _learner(database, BO)
    first = await leaving.pack(guest)
    await links.offer(owner, "ABCD2345")
    await links.claim(guest, "ABCD2345")
    assert await links.join(guest, here=BO, event="test:yes", told=told) is not None
    data, _ = await PostgresBlobs(database=database, clock=street.clock).get((await leaving.pack(owner)).ref)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        records = archive.read("records.json").decode()
    assert all(words in records for words in ("I am ana", "I am bo"))
    assert await leaving.link(first)


async def test_who_ended_the_messages_stays_unwritten_to_and_who_is_met_anew_has_no_new_budget(
    leaving: PostgresPrivacy, street: Street, database: Database
) -> None:
    consents, allowance = PostgresConsents(database, street.clock), PostgresAllowance(database)
    today = street.clock.now().date()
    await consents.withdraw(ANA, why="asked")
    assert await allowance.spend(ANA, 8, day=today, cap=10)
    await leaving.forget(await _learner(database, ANA), BO, _told)
    assert await consents.withdrawn(ANA)
    assert not await allowance.spend(ANA, 3, day=today, cap=10)
    await Expiry(database).delete_leftovers(street.clock.now() + timedelta(days=1))
    assert await count(database, "allowances") == 0
    assert await consents.withdrawn(ANA)
