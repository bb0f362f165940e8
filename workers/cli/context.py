"""What every command does first: read the settings, and run its coroutine."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workers.settings import Settings, load

if TYPE_CHECKING:
    from workers.admin.cli_context import CliContext

Command = TypeVar("Command", bound=Callable[..., Any])


def home_option(command: Command) -> Command:
    """`--home` after the command's name too."""
    return click.option(
        "--home", type=click.Path(path_type=Path, file_okay=False), help="Where data is kept; SONA_HOME."
    )(command)


def settings(home: Path | None = None, **overrides: Any) -> Settings:
    """The settings with what was chosen on the command line."""
    return load(home=home or click.get_current_context().find_root().obj["home"], **overrides)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work so that Ctrl-C and SIGTERM both let it tidy up; interrupted, it ends with status 130."""

    async def cancellable() -> None:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await task

    try:
        asyncio.run(cancellable())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None


@asynccontextmanager
async def cli_context(chosen: Settings) -> AsyncGenerator["CliContext"]:
    """The assembled house, from `workers.compose.assembly.desk`."""
    async with import_module("workers.compose.assembly").cli_context(chosen) as assembled:
        yield assembled
