"""The command `sona`; a subcommand's module is imported when it is called."""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from core.errors import Failure
from workers.supervisor.errors import CannotStart

_MODULES = {
    "up": "processes",
    "web": "processes",
    "worker": "processes",
    "beat": "processes",
    "gateway": "processes",
    "migrate": "processes",
    "chat": "chat",
    "check": "chat",
    "channels": "channels",
    "voices": "chat",
    "learn": "knowledge",
    "export": "people",
    "forget": "people",
    "backup": "backup",
    "restore": "backup",
}

_ALTERNATIVES = {
    "postgres": "\nTo use another Postgres, set SONA_DATABASE_URL.",
    "valkey": "\nTo use another Redis or Valkey, set SONA_REDIS_URL.",
}


class LazyCommands(click.Group):
    """Import subcommands by name; report an expected failure as a message with status 1, without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        if cmd_name not in _MODULES:
            return None
        return getattr(import_module(f"workers.cli.{_MODULES[cmd_name]}"), cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            raise click.ClickException(str(failure)) from failure
        except CannotStart as error:
            raise click.ClickException(f"{error}{_ALTERNATIVES.get(error.server, '')}") from error


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder for data; SONA_HOME.")
@click.pass_context
def main(context: click.Context, home: Path | None) -> None:
    """One tutor and assistant that lives where people already talk."""
    context.obj = {"home": home}
