"""A browser's end of the web chat, on a real socket."""

import asyncio
import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aiohttp
from yarl import URL

from core.address import Address
from core.reply import Choice


class WebPhone:
    """A page with its cookie; frames are collected as they come."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._frames: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._receipts: dict[int, dict[str, Any]] = {}
        self._draft: list[Any] = []
        self._drafts: list[str] = []

    async def open(self, locale: str) -> None:
        """Load the page and greet, which opens the conversation."""
        async with self._session.get(self._url) as answer:
            assert answer.status == 200
        cookies = self._session.cookie_jar.filter_cookies(URL(self._url))
        self.address = Address("web", cookies["sona"].value.rpartition(".")[0])
        headers = {"Origin": self._url.rstrip("/")}
        self._socket = await self._session.ws_connect(f"{self._url}chat", headers=headers)
        self._reading = asyncio.create_task(self._read())
        await self._socket.send_str(json.dumps({"t": "hello", "last": -1, "locale": locale}))
        await self._wait(lambda: any(frame["t"] == "ready" for frame in self._frames))

    async def close(self) -> None:
        await self._socket.close()
        await self._reading

    async def greets(self) -> None:
        """Opening the page was a greeting."""

    async def writes_answer(self, words: str, receipt: str) -> None:
        await self.says(words)

    def asked(self, receipt: str) -> str:
        return "buttons" if self._receipts[int(receipt)]["choices"] else "words"

    async def file(self, receipt: str) -> bytes:
        return await self._loaded(self._receipts[int(receipt)]["media"]["href"])

    async def says(self, text: str) -> None:
        await self._does({"kind": "said", "text": text})

    async def taps(self, choice: Choice, receipt: str) -> None:
        await self._does({"kind": "tapped", "choice": choice.value, "of": receipt}, shown=choice.label)

    async def speaks(self, sound: bytes) -> None:
        kept = await self._upload("voice.ogg", "audio/ogg", sound)
        media = {name: kept[name] for name in ("ref", "mime", "name", "size")}
        await self._does({"kind": "spoke", "audio": media}, proof=kept["proof"])

    async def shares(self, name: str, mime: str, data: bytes) -> None:
        kept = await self._upload(name, mime, data)
        media = {part: kept[part] for part in ("ref", "mime", "name", "size")}
        await self._does({"kind": "shared", "media": media}, proof=kept["proof"])

    async def shown(self, receipt: str) -> list[str]:
        await self._wait(lambda: int(receipt) in self._receipts)
        return [words(line) for line in self._receipts.values()]

    async def sound(self, receipt: str) -> bytes:
        return await self._loaded(self._receipts[int(receipt)]["audio"]["href"])

    async def _loaded(self, href: str) -> bytes:
        async with self._session.get(self._url.rstrip("/") + href) as answer:
            assert answer.status == 200
            return await answer.read()

    async def interrupts(self, words: str) -> None:
        await self.says(words)

    async def stops(self) -> None:
        """Press the stop button."""
        await self._does({"kind": "stopped"})

    async def glances(self) -> None:
        seen = len(self._frames)
        await self._wait(lambda: len(self._frames) > seen)

    def drafts(self) -> list[str]:
        return self._drafts

    async def _upload(self, name: str, mime: str, data: bytes) -> dict[str, Any]:
        headers = {"Origin": self._url.rstrip("/"), "Content-Type": mime, "X-Name": quote(name)}
        async with self._session.post(f"{self._url}upload", data=data, headers=headers) as answer:
            assert answer.status == 200
            return await answer.json()

    async def _does(self, body: dict[str, Any], **more: str) -> None:
        identity = str(uuid4())
        await self._socket.send_str(json.dumps({"t": "event", "id": identity, "body": body, **more}))
        await self._wait(lambda: any(f["t"] == "ack" and f["id"] == identity for f in self._frames))

    async def _wait(self, until: Any) -> None:
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(until)

    async def _read(self) -> None:
        async for message in self._socket:
            frame: dict[str, Any] = json.loads(message.data)
            assert frame["t"] != "error", frame
            async with self._news:
                self._take(frame)
                self._news.notify_all()

    def _take(self, frame: dict[str, Any]) -> None:
        self._frames.append(frame)
        for line in [*frame.get("lines", ()), *([frame["line"]] if frame["t"] == "line" else ())]:
            self._receipts[line["seq"]] = line
        if frame["t"] == "draft":
            self._draft[frame["at"] :] = frame["blocks"]
            self._drafts.append(words(self._draft))


def words(tree: Any) -> str:
    """All words in a line's tree of blocks, in order."""
    match tree:
        case {"t": str(text)} | {"text": str(text)}:
            return text
        case dict():
            parts = (
                tree.get(name) for name in ("text", "s", "header", "rows", "blocks", "sources", "title", "section")
            )
            return " ".join(words(part) for part in parts if part)
        case str():
            return tree
        case list():
            return " ".join(words(part) for part in tree)
        case _:
            return ""
