"""Who may come in: the page's own origin, with a cookie of ours; and what every answer says to the browser."""

from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import web

from bots.web.channel import NAME, WebChannel
from bots.web.render import BLOB
from bots.web.session import COOKIE
from core.address import Address

GUARDS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def address(request: web.Request, channel: WebChannel) -> Address | None:
    """The conversation that the request's cookie names, `None` without a valid one."""
    chat = channel.seal.chat(request.cookies.get(COOKIE, ""))
    return Address(NAME, chat) if chat else None


def same_origin(request: web.Request, channel: WebChannel) -> bool:
    """Whether a page of ours asks: browsers always say where a WebSocket or a POST comes from."""
    origin = request.headers.get("Origin", "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    return parts.netloc == request.host or origin in channel.origins


def link(channel: WebChannel, chat: str, ref: str) -> str:
    """Where conversation `chat`, and no other, reads a blob."""
    return f"/blob/{quote(ref.removeprefix(BLOB))}?proof={channel.seal.proof(chat, ref)}"
