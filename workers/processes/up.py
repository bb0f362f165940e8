"""`sona up`: run every process on one machine until a signal."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

from core.channel import Availability
from core.errors import Malformed
from workers.compose.availability import availabilities
from workers.processes.programs import SelectPrograms, all_programs, make_supervisor, migrate
from workers.settings import Settings
from workers.supervisor.child import PrintLine
from workers.supervisor.signals import run_until_signal
from workers.supervisor.supervisor import Supervisor

_SLOW_SECONDS = 30.0


async def up(
    settings: Settings,
    *,
    print_line: PrintLine,
    select: SelectPrograms = all_programs,
    migrate: Callable[[str], None] = migrate,
) -> None:
    """Run until a signal; a second signal kills everything. Raises `Malformed` or `CannotStart`."""
    port = free_port(settings.host, settings.port)
    # Import while the servers start; `migrate` needs it as soon as they are up.
    threading.Thread(target=import_module, args=("workers.admin.migrate",), daemon=True).start()
    supervisor = make_supervisor(settings, select=select, print_line=print_line, migrate=migrate, port=port)
    report = partial(print_line, "sona")
    await run_until_signal(_serve(supervisor, settings, port, report), kill=supervisor.kill, report=report)


async def _serve(supervisor: Supervisor, settings: Settings, port: int, report: Callable[[str], None]) -> None:
    report(f"starting in {str(settings.home)!r}")
    async with supervisor:
        address = _address(settings.host, port)
        slow = asyncio.get_running_loop().call_later(_SLOW_SECONDS, report, "still waiting for the web server")
        try:
            while not await _ready(settings.host, port):  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.05)
        finally:
            slow.cancel()
        for line in _lines(address, availabilities(settings)):
            report(line)
        await asyncio.Event().wait()


def _lines(address: str, platforms: tuple[Availability, ...]) -> list[str]:
    entries = [("web chat", "on", address), ("terminal", "on", "sona chat")]
    entries += [(entry.name, entry.state, entry.why) for entry in platforms]
    return [
        *(f"{name:<14} {state:<3}  {why}" for name, state, why in entries),
        f"ready: {address} (Ctrl-C stops everything)",
    ]


async def _ready(host: str, port: int) -> bool:
    """Whether `/readyz` answers 200, asked over a bare socket so that no HTTP client is imported."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(_reachable_host(host), port)
            try:
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return (await reader.readline()).split(b" ")[1:2] == [b"200"]
            finally:
                writer.close()
    return False


def free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0. Raises `Malformed` when it cannot be bound."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return probe.getsockname()[1]
    except OSError as error:
        reason = f"cannot listen on {host} port {port} ({error.strerror or error})"
        raise Malformed(f"{reason}: stop what uses it, or choose another with --port or SONA_PORT") from error


def _reachable_host(host: str) -> str:
    """Return an address of this machine at which a server bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound


def _address(host: str, port: int) -> str:
    reachable = _reachable_host(host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
