"""`sona web`: webhooks, the web chat and the signs of health."""

import asyncio
import signal

import uvloop
from aiohttp import web

from bots.http import Timeouts, Webhooks, application, health
from bots.web import mount
from bots.web.downloads import routes as handing
from workers import logs
from workers.admin.migrate import newest
from workers.compose import assembly
from workers.processes.announce import announced
from workers.processes.gc import settle
from workers.settings import Settings

_GRACE = 5.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logs.set_up()
    uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    async with assembly.ingress(settings) as ingress:
        runner = serving(site(ingress), Timeouts())
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port, backlog=1024).start()
        hooked = [platform for platform in ingress.platforms.values() if platform.hooked]
        settle()
        announcing = [asyncio.create_task(announced(platform)) for platform in hooked]
        await _ended()
        for task in announcing:
            task.cancel()
        await runner.cleanup()


def serving(app: web.Application, patience: Timeouts) -> web.AppRunner:
    """What serves the application; a connection without a request is closed when the patience ends."""
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_GRACE,
        keepalive_timeout=patience.request,
        lingering_time=patience.silence / 2,
    )


def site(ingress: "assembly.Ingress", patience: Timeouts | None = None) -> web.Application:
    """The application on this door."""
    hooks = Webhooks(ingress.receive, ingress.stores.count)
    paths = {f"/{name}": platform.channel for name, platform in ingress.platforms.items() if platform.hooked}
    probes = {
        "database": ingress.stores.database_answers,
        "redis": ingress.stores.valkey_answers,
        "migrations": lambda: ingress.stores.tables_stand(newest()),
    }
    app = application(hooks, paths, health(probes, ingress.stores.count.prometheus_lines), patience or Timeouts())
    mount(app, ingress.web)
    app.add_routes(handing(ingress.stores.leaving))
    for platform in ingress.platforms.values():
        app.add_routes(platform.routes)
    return app


async def _ended() -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    await ended.wait()
