"""`up`, the individual processes, and `migrate`."""

import asyncio
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from workers.cli.context import home_option, settings


@click.command()
@home_option
@click.option("--host", help="Address to listen on; SONA_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the web server, 0 for any free one; SONA_PORT.")
def up(home: Path | None, host: str | None, port: int | None) -> None:
    """Run all processes on this machine until Ctrl-C."""
    from workers.processes.up import up as run_all

    with suppress(KeyboardInterrupt):
        asyncio.run(run_all(settings(home, host=host, port=port), print_line=_print_line))


@click.command()
@home_option
def web(home: Path | None) -> None:
    """Serve the web chat, webhooks and health checks."""
    import_module("workers.processes.web").run(settings(home))


@click.command()
@home_option
@click.option("--ingest", is_flag=True, help="Ingest documents instead of answering.")
def worker(home: Path | None, ingest: bool) -> None:
    """Run turns and deliveries, or ingest documents."""
    import_module("workers.processes.worker").run(settings(home), ingest=ingest)


@click.command()
@home_option
def beat(home: Path | None) -> None:
    """Schedule the sweep and the clean-up; run exactly one."""
    import_module("workers.processes.beat").run(settings(home))


@click.command()
@home_option
@click.argument("name")
def gateway(home: Path | None, name: str) -> None:
    """Receive events from a platform that does not call webhooks."""
    import_module("workers.processes.gateway").run(settings(home), name)


@click.command()
@home_option
def migrate(home: Path | None) -> None:
    """Upgrade the tables of SONA_DATABASE_URL."""
    from workers.admin.migrate import newest, upgrade

    url = settings(home).database_url
    if not url:
        raise click.UsageError("SONA_DATABASE_URL is not set; the embedded database is migrated by `sona up`")
    upgrade(url)
    click.echo(f"tables at revision {newest()}")


def _print_line(name: str, line: str) -> None:
    # A closed terminal must not prevent an orderly stop.
    with suppress(OSError):
        click.echo(f"{name:<9}| {line}")
