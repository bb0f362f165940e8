"""What each channel brings to be held to the contract of channels: one module a channel, found by itself.

A module here is named after its channel and has `open_harness()`, an asynchronous context manager that gives a `Harness`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from core.address import Address
from core.channel import Channel, Request
from core.event import Event
from core.media import Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Webhook calls as the platform makes them. `said` has a person write the words; `forged` is the same with a wrong signature."""

    said: Callable[[str], Request]
    forged: Request
    unknown: Request
    broken: tuple[Request, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How many there are of what is no words, the answers that were seen half written, and whether somebody was seen at it."""

    polls: int = 0
    sounds: int = 0
    files: int = 0
    drafts: tuple[str, ...] = ()
    typed: bool = False


@dataclass
class Counted:
    """A `Count` that keeps the forms that were fallen back to."""

    forms: list[str] = field(default_factory=list[str])

    def __call__(self, name: str, /, **labels: str) -> None:
        if name == "fallback":
            self.forms.append(labels["form"])


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

    async def picture(self) -> Media:
        """The same for a picture."""
        ...

    async def shown(self) -> Shown: ...

    async def takes(self, recorded: Mapping[str, Any]) -> tuple[Event, ...]:
        """Bring in a payload recorded in `tests/bots/<folder>/fixtures`, through the channel's own entrance."""
        ...

    @property
    def folder(self) -> str: ...

    @property
    def counted(self) -> list[str]:
        """The forms that were fallen back to."""
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
