"""Find the question that a poll asks, by the platform id of its message."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from core import wire
from core.address import Address
from core.errors import Malformed
from core.reply import Quiz
from storage.engine.database import Database

# The expression and the condition are those of the index `ix_outbound_poll`; with any other the index is not used.
FIND_POLL = text(
    """
    SELECT address, payload, platform_id FROM outbound
    WHERE platform_id LIKE 'poll:%' AND split_part(platform_id, ':'::text, 2) = :poll
    """
)
ASKED_SINCE = text(
    "SELECT EXISTS (SELECT FROM outbound WHERE address = :address AND quiz_id <> '' AND created_at >= :since) AS asked"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentQuizPoll:
    """`core.ports.messaging.SentPoll`."""

    address: Address
    quiz: Quiz
    receipt: str


class PostgresPolls:
    """`core.ports.messaging.Polls` on the table `outbound`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, channel: str, poll: str) -> SentQuizPoll | None:
        for row in await self._database.run(FIND_POLL, {"poll": wire.clean(poll)}):
            address = Address.parse(row.address)
            if address.channel != channel:
                continue
            try:
                reply = wire.load_reply(row.payload)
            except Malformed:
                continue
            # The mark of an answered question has the same platform id, because it edits the question's message.
            if isinstance(reply, Quiz):
                return SentQuizPoll(address=address, quiz=reply, receipt=row.platform_id)
        return None

    async def asked_since(self, address: Address, since: datetime) -> bool:
        (row,) = await self._database.run(ASKED_SINCE, {"address": str(address), "since": since})
        return row.asked
