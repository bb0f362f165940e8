"""Where bytes are kept by key."""

from typing import Protocol


class Blobs(Protocol):
    async def put(self, data: bytes, *, mime: str) -> str:
        """Keep bytes and return their key, `blob:…`; the same bytes and type give the same key."""
        ...

    async def get(self, key: str) -> tuple[bytes, str]:
        """The bytes and their type; raises `Refused` when there is no such blob."""
        ...
