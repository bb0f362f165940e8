"""What commands at a terminal need of the assembled house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.address import Address
from core.channel import ReceiveEvent
from core.clock import Clock
from core.errors import Failure
from core.ports.blobs import Blobs
from core.ports.feed import Feed
from core.ports.knowledge import SourceAdmin
from core.ports.messaging import Wake
from core.ports.voice import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """Something that should answer. `ask` gives a line on how it does or raises; `off` says why it is switched off, and is empty when it is on."""

    name: str
    run: Callable[[], Awaitable[str]]
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthResult:
    """What asking gave: `state` is `ok`, `off` or `broken`."""

    name: str
    state: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CliContext:
    """The collaborators of the commands, open as long as the command runs.

    `idle` is true when neither an event nor a parcel of a conversation waits any more.
    """

    feed: Feed
    receive: ReceiveEvent
    library: SourceAdmin
    blobs: Blobs
    wake: Wake
    idle: Callable[[Address], Awaitable[bool]]
    speech: Speech
    clock: Clock
    probes: tuple[HealthCheck, ...]


async def run_check(probe: HealthCheck) -> HealthResult:
    """Ask once; whatever goes wrong is a finding."""
    if probe.disabled_reason:
        return HealthResult(name=probe.name, state="off", line=probe.disabled_reason)
    try:
        return HealthResult(name=probe.name, state="ok", line=await probe.run())
    except (Failure, OSError, TimeoutError) as error:
        return HealthResult(name=probe.name, state="broken", line=str(error) or type(error).__name__)
