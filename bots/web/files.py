"""The page itself: a few files, read once, that browsers ask for again only when they changed."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bots.web import access
from bots.web.channel import WebChannel
from bots.web.session import COOKIE, COOKIE_SECONDS

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    data: bytes
    packed: bytes
    mime: str
    tag: str


def load(folder: Path) -> dict[str, File]:
    """Every file of the page by name."""
    return {path.name: _file(path) for path in folder.iterdir() if path.suffix in _TYPES}


def _file(path: Path) -> File:
    data = path.read_bytes()
    tag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    return File(data=data, packed=gzip.compress(data, 9, mtime=0), mime=_TYPES[path.suffix], tag=tag)


def give(request: web.Request, file: File | None) -> web.Response:
    """The file, or 304 where the browser has it, or 404."""
    if file is None:
        return web.Response(status=404, text="not here", headers=access.GUARDS)
    headers = access.GUARDS | {"ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    headers |= {"Content-Type": file.mime, "Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"}
    if request.headers.get("If-None-Match") == file.tag:
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.packed, headers=headers | {"Content-Encoding": "gzip"})
    return web.Response(body=file.data, headers=headers)


def greet(request: web.Request, channel: WebChannel, file: File) -> web.Response:
    """`GET /`: the page, with a cookie that names a new conversation or keeps the one there is."""
    address = access.address(request, channel)
    chat = address.chat if address else channel.clock.id()
    response = give(request, file)
    response.set_cookie(
        COOKIE,
        channel.seal.cookie(chat),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.secure or any(origin.startswith("https:") for origin in channel.origins),
    )
    return response
