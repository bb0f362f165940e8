"""What commands at a terminal need of the assembled house."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.address import Address
from core.channel import Receive
from core.clock import Clock
from core.errors import Failure
from core.ports.blobs import Blobs
from core.ports.feed import Feed
from core.ports.knowledge import Shelf
from core.ports.street import Wake
from core.ports.voice import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Something that should answer. `ask` gives a line on how it does or raises; `off` says why it is switched off, and is empty when it is on."""

    name: str
    ask: Callable[[], Awaitable[str]]
    off: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What asking gave: `state` is `ok`, `off` or `broken`."""

    name: str
    state: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of the commands, open as long as the command runs.

    `idle` is true when neither an event nor a parcel of a conversation waits any more.
    """

    feed: Feed
    receive: Receive
    library: Shelf
    blobs: Blobs
    wake: Wake
    idle: Callable[[Address], Awaitable[bool]]
    speech: Speech
    clock: Clock
    probes: tuple[Probe, ...]


async def ask(probe: Probe) -> Finding:
    """Ask once; whatever goes wrong is a finding."""
    if probe.off:
        return Finding(name=probe.name, state="off", line=probe.off)
    try:
        return Finding(name=probe.name, state="ok", line=await probe.ask())
    except (Failure, OSError, TimeoutError) as error:
        return Finding(name=probe.name, state="broken", line=str(error) or type(error).__name__)
