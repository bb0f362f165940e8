"""The SDK's gateway connections, resuming the sessions of the previous process."""

from collections.abc import Callable
from typing import Any

import discord
from discord.gateway import DiscordWebSocket
from yarl import URL

from bots.discord.parse import DISPATCHES
from bots.discord.sdk_routes import DiscordHttp
from bots.discord.sessions import GatewaySession, GatewaySessions
from core.clock import Sleep

_IDENTIFY_INTERVAL = 5.0
_RESUMABLE_CLOSE = 4000
"""A close code other than 1000 and 1001, which end the session (docs.discord.com/developers/events/gateway)."""

OnDispatch = Callable[[str, object], None]


class GatewaySocket(discord.AutoShardedClient):
    """The SDK's client for sessions, heartbeats and shards; passes raw dispatches to `on_dispatch`.

    The SDK's own parsers are replaced: they keep every server in memory, and a payload that they cannot parse ends the
    connection.
    """

    def __init__(self, *, http: DiscordHttp, on_dispatch: OnDispatch, sleep: Sleep, sessions: GatewaySessions) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(intents=intents, max_messages=None, guild_ready_timeout=0)
        self._sleep = sleep
        self._sessions = sessions
        self._resumed: dict[int, GatewaySession] = {}
        self._gateways: dict[int, URL] = {}
        self._open: dict[int, DiscordWebSocket] = {}
        self.http = http
        self._connection.http = http
        self._connection.parsers = {name: self._parser(name, on_dispatch) for name in DISPATCHES}
        self._connection._update_references = self._on_connection  # pyright: ignore[reportPrivateUsage] - the SDK's only hook between connecting and identifying

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - the SDK's signature
        """Wait between identifies, of which Discord allows one in five seconds."""
        if not initial:
            await self._sleep(_IDENTIFY_INTERVAL)

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Resume the stored session; if that fails, the SDK calls again and starts a new one."""
        default = self._gateways.setdefault(shard_id, gateway)
        self._resumed.pop(shard_id, None)
        if session := await self._sessions.take(shard_id, self.shard_count or 1):
            self._resumed[shard_id] = session
        await super().launch_shard(URL(session.url) if session else default, shard_id, initial=initial)

    def positions(self) -> dict[int, GatewaySession]:
        """Return the session of each shard at its current sequence."""
        return {
            shard: GatewaySession(id=ws.session_id, sequence=ws.sequence, url=str(ws.gateway))
            for shard, ws in self._open.items()
            if ws.session_id and ws.sequence is not None
        }

    async def save_sessions(self, resumable: dict[int, GatewaySession]) -> None:
        """Store the sessions that are still open, each at its resumable position."""
        for shard, position in self.positions().items():
            if shard in resumable and resumable[shard].id == position.id:
                await self._sessions.save(shard, self.shard_count or 1, resumable[shard])

    async def close(self) -> None:
        """Close the connections with a code that leaves the sessions resumable."""
        for ws in self._open.values():
            ws.close = _resumable_close(ws)
        await super().close()

    def _on_connection(self, ws: DiscordWebSocket) -> None:
        shard = ws.shard_id or 0
        self._open[shard] = ws
        if session := self._resumed.pop(shard, None):
            ws.session_id, ws.sequence = session.id, session.sequence
            ws.identify = ws.resume

    @staticmethod
    def _parser(name: str, on_dispatch: OnDispatch) -> Callable[[Any], None]:
        return lambda data: on_dispatch(name, data)


def _resumable_close(ws: DiscordWebSocket) -> Callable[..., Any]:
    """Return a close function that leaves the session resumable, whatever code the SDK passes."""
    close = ws.close

    async def close_resumably(code: int = _RESUMABLE_CLOSE) -> None:  # noqa: ARG001 - the SDK's signature; its code would end the session
        await close(code=_RESUMABLE_CLOSE)

    return close_resumably
