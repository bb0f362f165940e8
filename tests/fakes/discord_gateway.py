"""Discord's gateway: hello, heartbeats, identify, resume, and the dispatches of a session in order.

Enforced: a session ends when the bot closes the connection with 1000 or 1001, and can be resumed after any other code.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

_PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)


@dataclass
class Session:
    """`sent` contains every dispatch; a resumed session gets those after its sequence number again."""

    id: str
    shard: tuple[int, int]
    intents: int
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    socket: web.WebSocketResponse | None = None


class FakeGateway:
    """`sessions` are by id; `heartbeats`, `identified` and `resumed` count those events."""

    def __init__(self, token: str, user: dict[str, Any]) -> None:
        self.token = token
        self.user = user
        self.url = ""
        self.shards = 1
        self.sessions: dict[str, Session] = {}
        self.heartbeats = 0
        self.identified = 0
        self.resumed = 0
        self.closed = False
        self._changed = asyncio.Condition()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            return web.Response(status=400)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        session: Session | None = None
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            session = await self._receive(socket, json.loads(message.data), session)
        if session is not None and session.socket is socket and socket.close_code in (1000, 1001):
            self.sessions.pop(session.id, None)
        return socket

    async def _receive(
        self, socket: web.WebSocketResponse, message: dict[str, Any], session: Session | None
    ) -> Session | None:
        match message["op"]:
            case 1:
                self.heartbeats += 1
                await socket.send_json({"op": 11})
            case 2:
                session = await self._identify(socket, message["d"])
            case 6:
                session = await self._resume(socket, message["d"])
            case _:
                await socket.close(code=4001)
        return session

    async def _identify(self, socket: web.WebSocketResponse, payload: dict[str, Any]) -> Session | None:
        if payload["token"] != self.token:
            await socket.close(code=4004, message=b"Authentication failed.")
            return None
        if payload["intents"] & _PRIVILEGED:
            await socket.close(code=4014, message=b"Disallowed intent(s).")
            return None
        shard = tuple(payload.get("shard", (0, 1)))
        session = Session(id=f"session{self.identified}", shard=shard, intents=payload["intents"], socket=socket)
        self.sessions[session.id] = session
        self.identified += 1
        ready = {
            "v": 10,
            "user": self.user,
            "guilds": [],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": list(shard),
            "application": {"id": "900", "flags": 0},
        }
        await self._dispatch(session, "READY", ready)
        return session

    async def _resume(self, socket: web.WebSocketResponse, payload: dict[str, Any]) -> Session | None:
        session = self.sessions.get(str(payload["session_id"]))
        if session is None or payload["token"] != self.token:
            await socket.send_json({"op": 9, "d": False})
            return None
        session.socket = socket
        for event in [event for event in session.sent if event["s"] > (payload["seq"] or 0)]:
            await socket.send_json(event)
        self.resumed += 1
        await self._dispatch(session, "RESUMED", {})
        return session

    async def _dispatch(self, session: Session, name: str, data: object) -> None:
        event = {"op": 0, "t": name, "s": len(session.sent) + 1, "d": data}
        session.sent.append(event)
        if session.socket is not None and not session.socket.closed:
            await session.socket.send_json(event)
        async with self._changed:
            self._changed.notify_all()

    async def push(self, name: str, data: dict[str, Any]) -> None:
        """Dispatch an event to the responsible shard, immediately or when it resumes."""
        shard = (int(data.get("guild_id") or 0) >> 22) % self.shards
        for session in [s for s in self.sessions.values() if s.shard[0] == shard][-1:]:
            await self._dispatch(session, name, data)

    async def send(self, op: int, data: object = None) -> None:
        """Send an operation other than a dispatch to every session."""
        for session in self.sessions.values():
            if session.socket is not None and not session.socket.closed:
                await session.socket.send_json({"op": op, "d": data})

    async def close(self, code: int) -> None:
        """Close every connection from the server's side."""
        for session in self.sessions.values():
            socket, session.socket = session.socket, None
            if socket is not None:
                await socket.close(code=code)

    async def ready(self, count: int = 1) -> None:
        """Wait until `count` sessions in all have been started or resumed."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: self.identified + self.resumed >= count)
