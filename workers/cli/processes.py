"""`up`, the single processes, and `migrate`."""

import asyncio
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from workers.cli.context import home_option, settings


@click.command()
@home_option
@click.option("--host", help="The address to listen on; SONA_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The web server's port, 0 for any free one; SONA_PORT.")
def up(home: Path | None, host: str | None, port: int | None) -> None:
    """Run everything on this machine until Ctrl-C."""
    from workers.supervisor.up import up as run_all

    with suppress(KeyboardInterrupt):
        asyncio.run(run_all(settings(home, host=host, port=port), say=_say))


@click.command()
@home_option
def web(home: Path | None) -> None:
    """The web server: chat, webhooks, health."""
    import_module("workers.processes.web").run(settings(home))


@click.command()
@home_option
@click.option("--ingest", is_flag=True, help="Read documents instead of answering.")
def worker(home: Path | None, ingest: bool) -> None:
    """A worker for turns and deliveries, or for documents."""
    import_module("workers.processes.worker").run(settings(home), ingest=ingest)


@click.command()
@home_option
def beat(home: Path | None) -> None:
    """The clock that rings for what is due; one in all."""
    import_module("workers.processes.beat").run(settings(home))


@click.command()
@home_option
@click.argument("name")
def gateway(home: Path | None, name: str) -> None:
    """Listen to a platform that does not call us."""
    import_module("workers.processes.gateway").run(settings(home), name)


@click.command()
@home_option
def migrate(home: Path | None) -> None:
    """Bring the tables of SONA_DATABASE_URL to their newest form."""
    from workers.admin.migrate import newest, upgrade

    url = settings(home).database_url
    if not url:
        raise click.UsageError("SONA_DATABASE_URL is not set; the embedded database is migrated by `sona up`")
    upgrade(url)
    click.echo(f"the tables are at {newest()}")


def _say(name: str, line: str) -> None:
    # A terminal that is gone must not keep us from stopping in order.
    with suppress(OSError):
        click.echo(f"{name:<9}| {line}")
