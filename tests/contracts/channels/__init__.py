"""What each channel brings to be held to the contract of channels: one module a channel, found by itself.

A module here is named after its channel and has `open_harness()`, an asynchronous context manager that gives a `Harness`.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from core.address import Address
from core.channel import Channel, Request
from core.media import Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Webhook calls as the platform makes them. `said` has a person write the words; `forged` is the same with a wrong signature."""

    said: Callable[[str], Request]
    forged: Request
    unknown: Request
    broken: tuple[Request, ...]


class Harness(Protocol):
    """A channel connected to its strict fake, where one person has a conversation at `address`."""

    @property
    def channel(self) -> Channel: ...

    @property
    def address(self) -> Address: ...

    @property
    def calls(self) -> Calls | None:
        """`None` for a channel that is not called by webhooks."""
        ...

    async def seen(self) -> list[str]:
        """The words of each message that the person sees now, the oldest first, without formatting."""
        ...

    async def buttons(self) -> list[str]:
        """The labels of the buttons at the last message."""
        ...

    async def sound(self) -> Media:
        """A voice note that is kept where the channel finds it."""
        ...

    def leave(self) -> None:
        """The person blocks Sona or goes for good; does nothing where that cannot be."""
        ...

    @property
    def can_leave(self) -> bool: ...


Opener = Callable[[], AbstractAsyncContextManager[Harness]]


def openers() -> dict[str, Opener]:
    """Every channel's way to open its harness, by name."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    return {name: cast(Opener, import_module(f"{__name__}.{name}").open_harness) for name in names}
