"""What all commands share: the settings, `--home`, running a coroutine and the CLI context."""

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
    """Add `--home`, so that it is also accepted after the subcommand."""
    return click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder for data; SONA_HOME.")(
        command
    )


def settings(home: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings with the command line's options applied."""
    return load(home=home or click.get_current_context().find_root().obj["home"], **overrides)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's coroutine; Ctrl-C and SIGTERM cancel it, and the process exits with status 130."""

    async def cancellable() -> None:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await task

    try:
        asyncio.run(cancellable())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(130) from None


@asynccontextmanager
async def cli_context(configured: Settings) -> AsyncGenerator["CliContext"]:
    """Open `workers.compose.assembly.cli_context`, imported late because it loads the whole program."""
    async with import_module("workers.compose.assembly").cli_context(configured) as assembled:
        yield assembled
