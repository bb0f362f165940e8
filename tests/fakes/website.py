"""A web site on loopback whose pages are set by the test and whose visitors are remembered."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Website:
    """`url` is its address without a slash at the end; an unknown path is a 404."""

    url: str = ""
    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    visits: list[web.Request] = field(default_factory=list[web.Request])

    def page(self, path: str, body: bytes = b"", *, status: int = 200, **headers: str) -> str:
        """Put a page there and return its address. Header names are written with `_` for `-`."""

        async def answer(_: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(body=body, status=status, headers=named)

        self.pages[path] = answer
        return self.url + path

    def moved(self, path: str, location: str, status: int = 302) -> str:
        return self.page(path, status=status, Location=location)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.visits.append(request)
        page = self.pages.get(request.path)
        return await page(request) if page else web.Response(status=404)


@asynccontextmanager
async def website() -> AsyncGenerator[Website]:
    site = Website()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.port = runner.addresses[0][1]
    site.url = f"http://127.0.0.1:{site.port}"
    try:
        yield site
    finally:
        await runner.cleanup()
