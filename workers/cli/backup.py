"""`backup` and `restore`: the database as one file."""

import asyncio
from pathlib import Path

import click

from core.errors import Refused
from workers.cli.context import home_option, run, settings
from workers.processes.attach import attached
from workers.processes.programs import no_programs
from workers.settings import Settings
from workers.supervisor.home_lock import find_running


@click.command()
@home_option
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
def backup(home: Path | None, to: Path) -> None:
    """Write conversations, learners, knowledge and files to one file; works while Sona runs."""
    run(_backup(settings(home), to))


async def _backup(configured: Settings, to: Path) -> None:
    from workers.admin.backup import backup as write

    async with attached(configured, select=no_programs) as connected:
        size = await asyncio.to_thread(write, connected.database_url, to)
    click.echo(f"{size:,} bytes written to {to}")


@click.command()
@home_option
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace existing data.")
def restore(home: Path | None, source: Path, yes: bool) -> None:
    """Replace the database's content with a backup; Sona must be stopped."""
    run(_restore(settings(home), source, yes))


async def _restore(configured: Settings, source: Path, yes: bool) -> None:
    from workers.admin.backup import restore as read
    from workers.admin.migrate import upgrade

    if find_running(configured.home):
        raise Refused("Sona is running in this home: stop it first")
    async with attached(configured, select=no_programs) as connected:
        await asyncio.to_thread(read, connected.database_url, source, replace=yes)
        await asyncio.to_thread(upgrade, connected.database_url)
    click.echo(f"restored from {source}")
