"""The collaborators of terminal commands, and health checks."""

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
    """A check of one dependency.

    `run` returns one line of detail or raises. `disabled_reason` is empty when the dependency is switched on.
    """

    name: str
    run: Callable[[], Awaitable[str]]
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthResult:
    """The outcome of a check: `state` is `ok`, `off` or `broken`."""

    name: str
    state: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CliContext:
    """Collaborators that stay open while a command runs.

    `idle` returns true when a conversation has neither waiting events nor undelivered messages.
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
    """Run a check once; a failure becomes the state `broken`."""
    if probe.disabled_reason:
        return HealthResult(name=probe.name, state="off", line=probe.disabled_reason)
    try:
        return HealthResult(name=probe.name, state="ok", line=await probe.run())
    except (Failure, OSError, TimeoutError) as error:
        return HealthResult(name=probe.name, state="broken", line=str(error) or type(error).__name__)
