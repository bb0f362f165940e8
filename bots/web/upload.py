"""Files from the page into blobs, and blobs back to the page that may see them."""

import re
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from bots.web import access
from bots.web.channel import WebChannel
from bots.web.render import BLOB
from core.errors import Failure, Malformed, Refused

UPLOAD_BYTES: Final = 25 * 1024 * 1024
_MIME: Final = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")
_SHOWN: Final = re.compile(r"audio/[a-z0-9.+-]+|image/(?:png|jpeg|gif|webp|avif)|video/webm")
_UNKNOWN: Final = "application/octet-stream"


def _answer(status: int, **body: str | int) -> web.Response:
    return web.json_response(body, status=status, headers=access.GUARDS | {"Cache-Control": "no-store"})


async def take(request: web.Request, channel: WebChannel) -> web.Response:
    """`POST /upload`: the body is the file, `X-Name` its percent-encoded name. 413 over 25 MiB, before all of it is read."""
    address = access.address(request, channel)
    if address is None:
        return _answer(401, error="no_cookie")
    if not access.same_origin(request, channel):
        return _answer(403, error="origin")
    data = await _read(request)
    if data is None:
        return _answer(413, error="too_large", limit=UPLOAD_BYTES)
    if not data:
        return _answer(400, error="empty")
    mime = request.content_type.lower()
    mime = mime if _MIME.fullmatch(mime) else _UNKNOWN
    try:
        ref = await channel.blobs.put(data, mime=mime)
    except Failure:
        return _answer(503, error="unreachable")
    proof = channel.seal.proof(address.chat, ref)
    name = unquote(request.headers.get("X-Name", ""))[:200]
    href = access.link(channel, address.chat, ref)
    return _answer(200, ref=ref, mime=mime, name=name, size=len(data), href=href, proof=proof)


async def _read(request: web.Request) -> bytes | None:
    """The whole body, or `None` as soon as it is known to be too large."""
    if (request.content_length or 0) > UPLOAD_BYTES:
        return None
    data = bytearray()
    async for chunk in request.content.iter_any():
        data += chunk
        if len(data) > UPLOAD_BYTES:
            return None
    return bytes(data)


async def give(request: web.Request, channel: WebChannel) -> web.Response:
    """`GET /blob/{key}`: 404 for whom it is not meant, ranges so that sound can be sought in.

    `as=mp3` gives sound in the form that every browser plays, and 415 where it is none.
    """
    ref = BLOB + request.match_info["key"]
    address = access.address(request, channel)
    if address is None or not channel.seal.proves(request.query.get("proof", ""), address.chat, ref):
        return _answer(404, error="not_here")
    try:
        if request.query.get("as") == "mp3":
            data, mime = await channel.played.mp3(ref, channel.blobs.get)
        else:
            data, mime = await channel.blobs.get(ref)
    except Refused:
        return _answer(404, error="not_here")
    except Malformed:
        return _answer(415, error="unplayable")
    except Failure:
        return _answer(503, error="unreachable")
    return _ranged(request, data, _headers(mime))


def _headers(mime: str) -> dict[str, str]:
    """Only sound and pictures open in the browser; anything else is saved, whatever it claims to be."""
    shown = _SHOWN.fullmatch(mime) is not None
    return access.GUARDS | {
        "Content-Type": mime if shown else _UNKNOWN,
        "Content-Disposition": "inline" if shown else "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
    }


def _ranged(request: web.Request, data: bytes, headers: dict[str, str]) -> web.Response:
    size = len(data)
    try:
        asked = request.http_range
    except ValueError:
        return web.Response(status=416, headers=access.GUARDS | {"Content-Range": f"bytes */{size}"})
    if asked.start is None:
        return web.Response(body=data, headers=headers)
    start, stop, _ = slice(asked.start, asked.stop).indices(size)
    if start >= stop:
        return web.Response(status=416, headers=access.GUARDS | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
