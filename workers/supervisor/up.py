"""`sona up`: everything on one machine until someone says stop."""

import asyncio
import random
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

from core.channel import Availability
from core.errors import Malformed
from workers.compose.availability import availabilities
from workers.settings import Settings
from workers.supervisor.child import PrintLine
from workers.supervisor.processes import all_parts
from workers.supervisor.supervisor import MakePrograms, Supervisor

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SLOW = 30.0


def migrate(url: str) -> None:
    """`workers.admin.migrate.upgrade`, loaded when it is needed: it brings SQLAlchemy with it."""
    import_module("workers.admin.migrate").upgrade(url)


async def up(
    settings: Settings,
    *,
    say: PrintLine,
    programs: MakePrograms | None = None,
    migrate: Callable[[str], None] = migrate,
) -> None:
    """Run until a signal asks to stop; a second signal ends everything at once. Raises `Malformed` when it cannot start."""
    port = free_port(settings.host, settings.port)
    threading.Thread(target=import_module, args=("workers.admin.migrate",), daemon=True).start()
    supervisor = Supervisor(
        settings,
        programs=programs or (lambda environment: all_parts(settings, environment)),
        migrate=migrate,
        print_line=say,
        rng=random.Random(),  # noqa: S311 - spreads ports, keeps no secret
        port=port,
    )
    main = asyncio.ensure_future(_serve(supervisor, settings, port, say))
    asked = _heed(main, supervisor, say)
    try:
        await main
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
        say("sona", "stopped")


def _heed(main: "asyncio.Future[None]", supervisor: Supervisor, say: PrintLine) -> asyncio.Event:
    """The first signal cancels `main`, which stops everything in order; the next one hurries."""
    asked = asyncio.Event()

    def stop() -> None:
        if asked.is_set():
            say("sona", "ending everything at once")
            supervisor.kill()
            return
        asked.set()
        say("sona", "stopping; once more to stop at once")
        main.cancel()

    for number in _STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return asked


async def _serve(supervisor: Supervisor, settings: Settings, port: int, say: PrintLine) -> None:
    say("sona", f"starting in {str(settings.home)!r}")
    async with supervisor:
        address = _address(settings.host, port)
        waiting = asyncio.get_running_loop().call_later(_SLOW, say, "sona", "still waiting for the web server")
        try:
            while not await _ready(settings.host, port):  # noqa: ASYNC110 - another process is asked
                await asyncio.sleep(0.05)
        finally:
            waiting.cancel()
        for line in _lines(address, availabilities(settings)):
            say("sona", line)
        await asyncio.Event().wait()


def _lines(address: str, platforms: tuple[Availability, ...]) -> list[str]:
    entries = [("web chat", "on", address), ("terminal", "on", "sona chat")]
    entries += [(entry.name, entry.state, entry.why) for entry in platforms]
    return [
        *(f"{name:<14} {state:<3}  {why}" for name, state, why in entries),
        f"ready: {address} (Ctrl-C stops everything)",
    ]


async def _ready(host: str, port: int) -> bool:
    """Whether `/readyz` answers 200; asked over a bare socket, as the supervisor loads no HTTP client."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(_near(host), port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return (await reader.readline()).split(b" ")[1:2] == [b"200"]
            finally:
                writer.close()
    return False


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises `Malformed` when it cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return probe.getsockname()[1]
    except OSError as error:
        reason = f"{host} port {port} cannot be listened on ({error.strerror or error})"
        raise Malformed(f"{reason}: stop what uses it, or choose another with --port or SONA_PORT") from error


def _near(host: str) -> str:
    """An address of this machine on which a server bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound


def _address(host: str, port: int) -> str:
    near = _near(host)
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
