"""The workspaces that have installed an app, with what opens them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """`token` opens the workspace until `expires` (for good when `None`); `refresh` is what the next token is given for."""

    platform: str
    workspace: str
    name: str = ""
    token: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires: datetime | None = None


Renew = Callable[[Install], Awaitable[Install]]


class Installs(Protocol):
    """Tokens are kept so that nobody reads them who has the database alone."""

    async def put(self, install: Install) -> None:
        """Keep it in place of the workspace's install before."""
        ...

    async def get(self, platform: str, workspace: str) -> Install | None:
        """`None` where there is none, or none that can be read with today's key."""
        ...

    async def renewed(self, platform: str, workspace: str, before: datetime, renew: Renew) -> Install | None:
        """The install, its token renewed if it expires until `before`; of all who ask at once, one renews and the rest wait for it.

        Raises what `renew` raises, with nothing changed.
        """
        ...

    async def forget(self, platform: str, workspace: str, *, until: datetime) -> Install | None:
        """Delete what was installed until then, and return it; what was installed later stays."""
        ...
