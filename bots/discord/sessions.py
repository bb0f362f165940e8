"""Where a session at the gateway stands, kept so that whoever listens next hears what happened in between."""

from dataclasses import dataclass
from typing import Self

from bots.discord.drafts import DiscordDrafts
from core.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySession:
    """All up to the event with the number `sequence` is kept; what came after it is told again by the gateway at `url`."""

    id: str
    sequence: int
    url: str

    @classmethod
    def parse(cls, stored: str) -> Self | None:
        session_id, _, rest = stored.partition(" ")
        sequence, _, url = rest.partition(" ")
        return cls(id=session_id, sequence=int(sequence), url=url) if url and sequence.isdecimal() else None

    def __str__(self) -> str:
        return f"{self.id} {self.sequence} {self.url}"


class GatewaySessions:
    """Those of one bot, each for its shard of so many; Discord itself forgets them within minutes."""

    def __init__(self, drafts: DiscordDrafts) -> None:
        self._drafts = drafts

    async def take(self, shard: int, shards: int) -> GatewaySession | None:
        """The session to go on with, which is tried once."""
        return GatewaySession.parse(await self._drafts.write(_key(shard, shards), ""))

    async def save(self, shard: int, shards: int, session: GatewaySession) -> None:
        await self._drafts.write(_key(shard, shards), str(session))


def _key(shard: int, shards: int) -> Address:
    return Address("discord", "gateway", f"{shard}/{shards}")
