"""`sona web`: webhooks, the web chat and health checks."""

import asyncio
import signal

import uvloop
from aiohttp import web

from bots.http import Timeouts, Webhooks, application, health
from bots.web import mount
from bots.web.downloads import routes as download_routes
from workers import logs
from workers.admin.migrate import newest
from workers.compose import assembly
from workers.processes.announce import announce
from workers.processes.gc import tune_gc
from workers.settings import Settings

_GRACE = 5.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logs.set_up()
    uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    async with assembly.ingress(settings) as ingress:
        runner = make_runner(build_application(ingress), Timeouts())
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port, backlog=1024).start()
        hooked = [platform for platform in ingress.platforms.values() if platform.has_webhook]
        tune_gc()
        announcing = [asyncio.create_task(announce(platform)) for platform in hooked]
        await _wait_for_signal()
        for task in announcing:
            task.cancel()
        await runner.cleanup()


def make_runner(app: web.Application, timeouts: Timeouts) -> web.AppRunner:
    """Return the runner of the application; idle connections are closed after `timeouts`."""
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_GRACE,
        keepalive_timeout=timeouts.request,
        lingering_time=timeouts.silence / 2,
    )


def build_application(ingress: "assembly.Ingress", timeouts: Timeouts | None = None) -> web.Application:
    """Return the web application: webhooks, web chat, downloads, platform routes and health checks."""
    hooks = Webhooks(ingress.receive, ingress.stores.count)
    paths = {f"/{name}": platform.channel for name, platform in ingress.platforms.items() if platform.has_webhook}
    probes = {
        "database": ingress.stores.database_answers,
        "redis": ingress.stores.valkey_answers,
        "migrations": lambda: ingress.stores.tables_stand(newest()),
    }
    app = application(hooks, paths, health(probes, ingress.stores.count.prometheus_lines), timeouts or Timeouts())
    mount(app, ingress.web)
    app.add_routes(download_routes(ingress.stores.leaving))
    for platform in ingress.platforms.values():
        app.add_routes(platform.routes)
    return app


async def _wait_for_signal() -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    await ended.wait()
