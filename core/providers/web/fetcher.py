"""Pages and files from the open internet, and from nowhere else."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.errors import Throttled, Unreachable
from core.ports.documents import Fetched, Unreadable
from core.providers.web.addresses import is_public

AGENT = "Sona/0.1 (reads a page when a person asks for it)"
REDIRECTS = 5

_KINDS = re.compile(
    r"text/.*|application/(?:xhtml\+xml|xml|pdf|x-pdf|epub\+zip|zip|octet-stream|binary|markdown|json|x-download|force-download"
    r"|vnd\.openxmlformats-officedocument\.wordprocessingml\.document)|(?:application|binary)/octet-stream"
)
_MOVED = (301, 302, 303, 307, 308)
_GONE = (400, 401, 402, 403, 404, 405, 406, 410, 414, 415, 451)

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and port to numeric addresses; raises `OSError` when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """`size` in bytes after unpacking, `seconds` for everything together, redirects included."""

    size: int = 25 * 1024 * 1024
    seconds: float = 30.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a host, in every spelling that the machine's own resolver takes for one."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Known(AbstractResolver):
    """Answers with the addresses that were checked, and asks nobody again."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]

    async def close(self) -> None:
        pass


class WebFetcher:
    """A `Fetcher` for `http` and `https`.

    A host is resolved once, each of its addresses must be allowed, and the connection goes to just those; so for every
    redirect again. Proxies, cookies and credentials are never used. `allow` decides on a numeric address.
    """

    def __init__(
        self, *, allow: Callable[[str], bool] = is_public, resolve: Resolve = resolve, bounds: FetchLimits | None = None
    ) -> None:
        self._allow = allow
        self._resolve = resolve
        self._bounds = bounds or FetchLimits()

    async def fetch(self, url: str) -> Fetched:
        """The page or file at an address. Raises `Unreadable`, or `Unreachable` and `Throttled` when another time may do."""
        try:
            async with asyncio.timeout(self._bounds.seconds):
                return await self._follow(_parsed(url))
        except TimeoutError as error:
            raise Unreachable("the page took too long") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError) as error:
            raise Unreadable("ingest.address") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(f"the page could not be had: {type(error).__name__}") from error

    async def _follow(self, url: URL) -> Fetched:
        for _ in range(REDIRECTS + 1):
            found = await self._visit(url)
            if isinstance(found, Fetched):
                return found
            url = found
        raise Unreadable("ingest.not_found")

    async def _visit(self, url: URL) -> Fetched | URL:
        """One request: what is there, or where it has moved."""
        session = aiohttp.ClientSession(
            connector=await self._connector(url),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": AGENT, "Accept": "text/html, application/xhtml+xml, */*;q=0.5"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=15),
            trust_env=False,
        )
        async with session, session.get(url, allow_redirects=False) as response:
            if response.status in _MOVED and "Location" in response.headers:
                return _parsed(response.headers["Location"], base=url)
            _check(response, self._bounds.size)
            return Fetched(
                data=await self._body(response),
                mime=response.headers.get("Content-Type", ""),
                url=str(url),
                title=_name(response, url),
            )

    async def _connector(self, url: URL) -> aiohttp.TCPConnector:
        """A way to just the addresses that the host has now."""
        host, port = url.raw_host or "", url.port or 443
        try:
            addresses = await self._resolve(host, port)
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise Unreachable("the name server does not answer") from error
            raise Unreadable("ingest.not_found") from error
        if not addresses or not all(self._allow(address) for address in addresses):
            raise Unreadable("ingest.address")
        return aiohttp.TCPConnector(
            resolver=_Known(addresses), socket_factory=self._socket, use_dns_cache=False, force_close=True
        )

    def _socket(self, entry: "tuple[Any, ...]") -> socket.socket:
        """A socket for an address, looked at once more at the very place where it is used."""
        family, kind, protocol, _, address = entry
        if not self._allow(str(address[0])):
            raise Unreadable("ingest.address")
        return socket.socket(family=family, type=kind, proto=protocol)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        try:
            async for piece in response.content.iter_chunked(64 * 1024):
                data += piece
                if len(data) > self._bounds.size:
                    raise Unreadable("ingest.too_large")
        except aiohttp.ClientPayloadError as error:
            raise Unreachable("the page broke off") from error
        return bytes(data)


def _parsed(url: str, *, base: URL | None = None) -> URL:
    try:
        parsed = base.join(URL(url.strip())) if base else URL(url.strip())
    except ValueError as error:
        raise Unreadable("ingest.address") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.user or parsed.password:
        raise Unreadable("ingest.address")
    return parsed.with_fragment(None)


def _check(response: aiohttp.ClientResponse, size: int) -> None:
    """Raise unless the answer is a document that may be read."""
    status = response.status
    wait = response.headers.get("Retry-After", "")
    if status == 429 or (status == 503 and wait):
        raise Throttled("the site asks to wait", retry_after=float(wait) if wait.isascii() and wait.isdigit() else 60.0)
    if status in (401, 402, 403, 451):
        raise Unreadable("ingest.forbidden")
    if status in _GONE:
        raise Unreadable("ingest.not_found")
    if status != 200:
        raise Unreachable(f"the site answered {status}")
    if response.content_length is not None and response.content_length > size:
        raise Unreadable("ingest.too_large")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and not _KINDS.fullmatch(kind):
        raise Unreadable("ingest.unsupported")


def _name(response: aiohttp.ClientResponse, url: URL) -> str:
    """The file's name as the site gives it, or the last part of the address."""
    message = Message()
    message["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    said = message.get_filename()
    return PurePosixPath((said or url.name).replace("\\", "/")).name
