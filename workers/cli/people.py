"""`export` and `forget`: what is kept about one person."""

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.context import home_option, run, settings
from workers.settings import Settings
from workers.supervisor.attach import no_parts, visit

if TYPE_CHECKING:
    from storage.people.personal_data import PersonalData

_PERSON = "PERSON is a learner's id, name, or identity on a platform such as telegram:12345."


@click.command(epilog=_PERSON)
@home_option
@click.argument("person")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; otherwise standard output."
)
def export(home: Path | None, person: str, to: Path | None) -> None:
    """Hand out everything kept about a person, as JSON."""
    run(_export(settings(home), person, to))


async def _export(chosen: Settings, person: str, to: Path | None) -> None:
    async with _records(chosen) as records:
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
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(home: Path | None, person: str, yes: bool) -> None:
    """Delete everything kept about a person, for good."""
    if not yes:
        click.confirm(f"Delete everything about {person!r} for good?", abort=True)
    run(_forget(settings(home), person))


async def _forget(chosen: Settings, person: str) -> None:
    async with _records(chosen) as records:
        count = await records.forget(await records.find(person), today=datetime.now(UTC).date())
    click.echo(f"{count} records deleted; copies in backups are not touched")


@asynccontextmanager
async def _records(chosen: Settings) -> AsyncGenerator["PersonalData"]:
    from storage.engine.database import Database
    from storage.people.personal_data import PersonalData

    async with visit(chosen, programs=no_parts) as housed:
        database = Database(housed.database_url, pool=1)
        try:
            yield PersonalData(database)
        finally:
            await database.close()


def _write(to: Path, words: str) -> None:
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(words + "\n")
