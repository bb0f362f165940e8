"""Files that are handed out once, to people whose channel cannot carry them."""

from html import escape
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bots.web import access
from core.errors import Unreachable
from core.phrases import known, phrase
from core.ports.person import Downloads

_PATH: Final = "/file/{token}"
_HEADERS: Final = access.GUARDS | {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}


def routes(handouts: Downloads) -> tuple[web.AbstractRouteDef, ...]:
    """`GET` shows a page with one button, as those who preview links would spend an address that is good once; `POST` gives the file."""

    async def show(request: web.Request) -> web.Response:
        try:
            there = await handouts.waits(request.match_info["token"])
        except Unreachable:
            return web.Response(status=503, headers=_HEADERS)
        locale = _locale(request)
        key = "person.file.load" if there else "person.file.gone"
        return _page(locale, phrase(key, locale), there=there)

    async def give(request: web.Request) -> web.Response:
        try:
            found = await handouts.take(request.match_info["token"])
        except Unreachable:
            return web.Response(status=503, headers=_HEADERS)
        if found is None:
            locale = _locale(request)
            return _page(locale, phrase("person.file.gone", locale), there=False)
        data, name = found
        headers = _HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return web.Response(body=data, content_type="application/octet-stream", headers=headers)

    return (web.get(_PATH, show), web.post(_PATH, give))


def _page(locale: str, words: str, *, there: bool) -> web.Response:
    button = f'<form method="post"><button>{escape(words)}</button></form>' if there else f"<p>{escape(words)}</p>"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
    page = f'<!doctype html><html lang="{escape(locale)}"><head>{head}<title>Sona</title></head><body>{button}</body></html>'
    return web.Response(status=200 if there else 404, text=page, content_type="text/html", headers=_HEADERS)


def _locale(request: web.Request) -> str:
    return known(request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip())
