"""A browser's page at the real web application: its cookie, its socket and its uploads."""

import asyncio
import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from core.address import Address
from tests.faults.web_server import Front


@dataclass(slots=True, kw_only=True)
class Page:
    """`lines` are what Sona has said, `errors` what the page was told that it did wrong."""

    house: Front
    cookie: str
    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    lines: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])
    newest: int = 0

    @property
    def address(self) -> Address:
        return Address("web", self.house.ingress.web.seal.chat(self.cookie))

    async def sends(self, body: dict[str, Any], **more: str) -> None:
        await self.socket.send_str(json.dumps({"t": "event", "id": str(uuid4()), "body": body, **more}))
        await self.gets("ack")

    async def gets(self, kind: str) -> None:
        """Take what comes until a frame of this kind is there."""
        async with asyncio.timeout(15):
            while self._take(await self.socket.receive_json()) != kind:
                pass

    def _take(self, frame: dict[str, Any]) -> str:
        match frame:
            case {"t": "lines", "lines": lines}:
                for line in lines:
                    self._line(line)
            case {"t": "line", "line": line}:
                self._line(line)
            case {"t": "error", "code": code}:
                self.errors.append(code)
            case _:
                pass
        return frame["t"]

    def _line(self, line: dict[str, Any]) -> None:
        self.newest = line["seq"]
        if line["role"] == "sona":
            self.lines.append(json.dumps(line.get("blocks", []), ensure_ascii=False))

    async def hears(self) -> str:
        """The last that Sona has said, once nothing waits any more."""
        await self.house.settle(self.address)
        (newest,) = await self.house.ingress.stores.feed.since(self.address, -1, 1)
        async with asyncio.timeout(15):
            while self.newest < newest.seq:
                self._take(await self.socket.receive_json())
        return self.lines[-1]

    async def goes_on(self) -> None:
        """Everything is as it was: the next message is taken and answered."""
        word = f"still {uuid4().hex}"
        await self.sends({"kind": "said", "text": word})
        assert word in await self.hears()

    async def uploads(self, data: bytes, *, mime: str, name: str) -> tuple[int, dict[str, Any]]:
        headers = {"Origin": self.house.url, "Content-Type": mime, "X-Name": name}
        async with self.session.post(f"{self.house.url}/upload", data=io.BytesIO(data), headers=headers) as answer:
            return answer.status, await answer.json()

    async def shares(self, data: bytes, *, mime: str, name: str) -> str:
        """Upload a file, hand it to Sona, have it read, and return what she says about it."""
        status, up = await self.uploads(data, mime=mime, name=name)
        assert status == 200
        media = {"ref": up["ref"], "mime": up["mime"], "name": name, "size": len(data)}
        await self.sends({"kind": "shared", "media": media}, proof=up["proof"])
        await self.hears()
        await self.house.reads()
        return await self.hears()


@asynccontextmanager
async def page(house: Front) -> AsyncGenerator[Page]:
    """A page that has greeted and been greeted."""
    async with house.session.get(house.url) as answer:
        cookie = answer.cookies["sona"].value
    async with (
        aiohttp.ClientSession(headers={"Cookie": f"sona={cookie}"}) as session,
        session.ws_connect(f"{house.url}/chat", headers={"Origin": house.url}) as socket,
    ):
        opened = Page(house=house, cookie=cookie, session=session, socket=socket)
        await socket.send_str('{"t":"hello","last":-1,"locale":"en"}')
        await opened.gets("ready")
        while not opened.lines:
            await house.settle(opened.address)
            if await house.ingress.stores.feed.since(opened.address, -1, 1):
                await opened.hears()
        yield opened
