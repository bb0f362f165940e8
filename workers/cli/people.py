"""`export` and `forget`: one person's data."""

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.context import home_option, run, settings
from workers.processes.attach import attached
from workers.processes.programs import no_programs
from workers.settings import Settings

if TYPE_CHECKING:
    from storage.people.personal_data import PersonalData

_PERSON = "PERSON is a learner's id, name, or identity on a platform such as telegram:12345."


@click.command(epilog=_PERSON)
@home_option
@click.argument("person")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="File to write; default is standard output."
)
def export(home: Path | None, person: str, to: Path | None) -> None:
    """Write all data about a person as JSON."""
    run(_export(settings(home), person, to))


async def _export(configured: Settings, person: str, to: Path | None) -> None:
    async with _open_personal_data(configured) as records:
        found = await records.export(await records.find(person))
    words = json.dumps(found, ensure_ascii=False, indent=2)
    if to is None:
        click.echo(words)
        return
    _write(to, words)
    click.echo(f"{sum(map(len, found.values()))} records written to {to}")


@click.command(epilog=_PERSON)
@home_option
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def forget(home: Path | None, person: str, yes: bool) -> None:
    """Permanently delete all data about a person."""
    if not yes:
        click.confirm(f"Permanently delete all data about {person!r}?", abort=True)
    run(_forget(settings(home), person))


async def _forget(configured: Settings, person: str) -> None:
    async with _open_personal_data(configured) as records:
        count = await records.forget(await records.find(person), today=datetime.now(UTC).date())
    click.echo(f"{count} records deleted; existing backups are unchanged")


@asynccontextmanager
async def _open_personal_data(configured: Settings) -> AsyncGenerator["PersonalData"]:
    from storage.engine.database import Database
    from storage.people.personal_data import PersonalData

    async with attached(configured, select=no_programs) as connected:
        database = Database(connected.database_url, pool=1)
        try:
            yield PersonalData(database)
        finally:
            await database.close()


def _write(to: Path, words: str) -> None:
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(words + "\n")
