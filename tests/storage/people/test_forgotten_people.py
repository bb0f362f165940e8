"""Linking invalidates exports; forgetting keeps opt-outs and the allowance of the day."""

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
from tests.storage.rows import count, linked_notice

ANA, BO = Address("test", "ana"), Address("test", "bo")
_WHO = text("SELECT learner_id FROM conversations WHERE address = :address")


@pytest.fixture
async def street(database: Database) -> Street:
    """Ana and Bo have each written one message."""
    street = Street(database)
    for place in (ANA, BO):
        await street.says(f"I am {place.chat}", place.chat)
        await street.answers(place.chat)
    return street


@pytest.fixture
def privacy(database: Database, street: Street) -> PostgresPrivacy:
    blobs = PostgresBlobs(database=database, clock=street.clock)
    return PostgresPrivacy(database=database, blobs=blobs, clock=street.clock, base="https://sona.example/")


async def _learner(database: Database, place: Address) -> str:
    (row,) = await database.run(_WHO, {"address": str(place)})
    return str(row.learner_id)


def _receipt(_: Forgotten) -> Reply:
    return Text(text="gone")


async def test_linking_makes_the_next_export_contain_the_data_of_both(
    privacy: PostgresPrivacy, street: Street, database: Database
) -> None:
    links = PostgresLinkCodes(database=database, clock=street.clock, key=b"k" * 32)
    owner, guest = await _learner(database, ANA), await _learner(database, BO)
    first = await privacy.pack(guest)
    await links.offer(owner, "ABCD2345")
    await links.claim(guest, "ABCD2345")
    assert await links.join(guest, here=BO, event="test:yes", told=linked_notice) is not None
    data, _ = await PostgresBlobs(database=database, clock=street.clock).get((await privacy.pack(owner)).ref)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        records = archive.read("records.json").decode()
    assert all(words in records for words in ("I am ana", "I am bo"))
    assert await privacy.link(first)


async def test_forgetting_keeps_the_opt_out_and_the_allowance_of_the_day(
    privacy: PostgresPrivacy, street: Street, database: Database
) -> None:
    consents, allowance = PostgresConsents(database, street.clock), PostgresAllowance(database)
    today = street.clock.now().date()
    await consents.withdraw(ANA, why="asked")
    assert await allowance.spend(ANA, 8, day=today, cap=10)
    await privacy.forget(await _learner(database, ANA), BO, _receipt)
    assert await consents.withdrawn(ANA)
    assert not await allowance.spend(ANA, 3, day=today, cap=10)
    await Expiry(database).delete_leftovers(street.clock.now() + timedelta(days=1))
    assert await count(database, "allowances") == 0
    assert await consents.withdrawn(ANA)
