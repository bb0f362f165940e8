"""`backup` and `restore`: the whole database as one file."""

import asyncio
from pathlib import Path

import click

from core.errors import Refused
from workers.cli.context import home_option, run, settings
from workers.settings import Settings
from workers.supervisor.attach import no_parts, visit
from workers.supervisor.home_lock import find_running


@click.command()
@home_option
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
def backup(home: Path | None, to: Path) -> None:
    """Write conversations, learners, knowledge and files to one file; also while Sona runs."""
    run(_backup(settings(home), to))


async def _backup(chosen: Settings, to: Path) -> None:
    from workers.admin.backup import backup as write

    async with visit(chosen, programs=no_parts) as housed:
        size = await asyncio.to_thread(write, housed.database_url, to)
    click.echo(f"{size:,} bytes written to {to}")


@click.command()
@home_option
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the people's data that is there.")
def restore(home: Path | None, source: Path, yes: bool) -> None:
    """Put a backup's content in place of what is there; while Sona is stopped."""
    run(_restore(settings(home), source, yes))


async def _restore(chosen: Settings, source: Path, yes: bool) -> None:
    from workers.admin.backup import restore as read
    from workers.admin.migrate import upgrade

    if find_running(chosen.home):
        raise Refused("Sona is running in this home: stop it first")
    async with visit(chosen, programs=no_parts) as housed:
        await asyncio.to_thread(read, housed.database_url, source, replace=yes)
        await asyncio.to_thread(upgrade, housed.database_url)
    click.echo(f"restored from {source}")
