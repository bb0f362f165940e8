"""Storage of gateway sessions, so that the next process resumes them and receives the dispatches in between."""

from dataclasses import dataclass
from typing import Self

from bots.discord.drafts import DiscordDrafts
from core.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySession:
    """A session whose events up to `sequence` are stored; the gateway at `url` replays the later ones."""

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
    """The sessions of one bot by shard and number of shards; Discord discards them after some minutes."""

    def __init__(self, drafts: DiscordDrafts) -> None:
        self._drafts = drafts

    async def take(self, shard: int, shards: int) -> GatewaySession | None:
        """Return the session to resume and delete it, so that it is tried once."""
        return GatewaySession.parse(await self._drafts.write(_key(shard, shards), ""))

    async def save(self, shard: int, shards: int, session: GatewaySession) -> None:
        await self._drafts.write(_key(shard, shards), str(session))


def _key(shard: int, shards: int) -> Address:
    return Address("discord", "gateway", f"{shard}/{shards}")
