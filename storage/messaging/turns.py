"""The life of a turn: claim it, renew its lease, close or release it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from core import wire
from core.address import Address
from core.clock import Clock
from core.conversation import ClaimedTurn, Turn
from core.errors import Malformed, Superseded
from core.event import Event
from storage.engine.batcher import Batcher
from storage.engine.database import Database
from storage.messaging.close_turn import close_turns
from storage.messaging.new_conversations import create_conversations
from storage.messaging.open_turn import claim, read_claimed_turn, read_events, set_locale, skip_overheard

_WAITING = text(
    "SELECT DISTINCT address FROM events WHERE address = ANY(:addresses) AND handled_at IS NULL AND addressed"
)

_SINCE = text(
    """
    SELECT address, payload FROM events
    WHERE address = ANY(:addresses) AND handled_at IS NULL AND addressed AND NOT id = ANY(:events) ORDER BY seq
    """
)

_REPLIES_PENDING = text("SELECT FROM outbound WHERE address = :address AND state = 'waiting' LIMIT 1")

# The token, not the lease's end, decides who holds the lease: a late renewal still succeeds while nobody else has
# claimed the conversation.
_RENEW = text(
    """
    UPDATE conversations c SET lease_until = :until
    FROM unnest(CAST(:addresses AS text[]), CAST(:tokens AS text[])) AS held (address, token)
    WHERE c.address = held.address AND c.lease_token = held.token
    RETURNING c.lease_token
    """
)

_RELEASE = text(
    """
    UPDATE conversations SET lease_until = NULL, lease_token = NULL, attempts = attempts - 1
    WHERE address = :address AND lease_token = :token
    """
)


class PostgresTurns:
    """`core.ports.messaging.Turns`; concurrent calls share one statement."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._open_batcher: Batcher[tuple[Address, timedelta], ClaimedTurn | None] = Batcher(self._open)
        self._renew_batcher: Batcher[tuple[ClaimedTurn, timedelta], bool] = Batcher(self._renew)
        self._close_batcher: Batcher[tuple[ClaimedTurn, Turn], bool] = Batcher(self._close)
        self._since_batcher: Batcher[ClaimedTurn, tuple[Event, ...]] = Batcher(self._since)
        self._waiting_batcher: Batcher[str, bool] = Batcher(self._waiting)

    async def open(self, address: Address, lease: timedelta) -> ClaimedTurn | None:
        return await self._open_batcher((address, lease))

    async def renew(self, claimed: ClaimedTurn, lease: timedelta) -> bool:
        return await self._renew_batcher((claimed, lease))

    async def since(self, claimed: ClaimedTurn) -> tuple[Event, ...]:
        return await self._since_batcher(claimed)

    async def close(self, claimed: ClaimedTurn, turn: Turn) -> None:
        if not await self._close_batcher((claimed, turn)):
            raise Superseded(str(claimed.conversation.address))

    async def waiting(self, address: Address) -> bool:
        return await self._waiting_batcher(str(address))

    async def replies_pending(self, address: Address) -> bool:
        return bool(await self._database.run(_REPLIES_PENDING, {"address": str(address)}))

    async def release(self, claimed: ClaimedTurn) -> None:
        parameters = {"address": str(claimed.conversation.address), "token": claimed.token}
        await self._database.run(_RELEASE, parameters)

    async def _open(self, requests: Sequence[tuple[Address, timedelta]]) -> list[ClaimedTurn | Malformed | None]:
        """An unreadable record blocks its own conversation only; the lease expires and the claim is tried again."""
        addresses = {str(address): address for address, _ in requests}
        lease = max(lease for _, lease in requests)
        rows = list(await claim(self._database, self._clock, addresses, lease))
        turns: dict[str, ClaimedTurn | Malformed] = {}
        if unclaimed := addresses.keys() - {row.address for row in rows}:
            created, failed = await create_conversations(self._database, self._clock, list(unclaimed))
            turns |= failed
            if created:
                rows += await claim(self._database, self._clock, created, lease)
        for row in rows:
            turns[row.address] = claimed = read_claimed_turn(row, addresses[row.address])
            await skip_overheard(self._database, row, self._clock.now())
            await set_locale(self._database, row, claimed)
        # Two requests for one conversation in a batch: the first one gets it.
        return [turns.pop(str(address), None) for address, _ in requests]

    async def _renew(self, requests: Sequence[tuple[ClaimedTurn, timedelta]]) -> list[bool]:
        parameters = {
            "addresses": [str(claimed.conversation.address) for claimed, _ in requests],
            "tokens": [claimed.token for claimed, _ in requests],
            "until": self._clock.now() + max(lease for _, lease in requests),
        }
        renewed = {row.lease_token for row in await self._database.run(_RENEW, parameters)}
        return [claimed.token in renewed for claimed, _ in requests]

    async def _since(self, turns: Sequence[ClaimedTurn]) -> list[tuple[Event, ...] | Malformed]:
        found: dict[str, list[Any]] = {str(claimed.conversation.address): [] for claimed in turns}
        known = [wire.clean(event.id) for claimed in turns for event in claimed.events]
        for row in await self._database.run(_SINCE, {"addresses": list(found), "events": known}):
            found[row.address].append(row.payload)
        return [read_events(found[str(claimed.conversation.address)]) for claimed in turns]

    async def _close(self, pairs: Sequence[tuple[ClaimedTurn, Turn]]) -> list[bool]:
        closed = await close_turns(self._database, pairs, self._clock)
        return [str(claimed.conversation.address) in closed for claimed, _ in pairs]

    async def _waiting(self, addresses: Sequence[str]) -> list[bool]:
        found = {row.address for row in await self._database.run(_WAITING, {"addresses": list(addresses)})}
        return [address in found for address in addresses]
